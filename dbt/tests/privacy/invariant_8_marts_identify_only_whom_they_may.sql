-- Invariant 8: a column of a mart whose name, or whose own class, is one that identifies (meta `identifies`, which comes
-- from the catalog) is of a class that the mart may hold (meta `may_identify`). The contract holds that all columns of a
-- mart are known here.
{%- set found = [] -%}
{%- if execute -%}
  {%- set strictest = ['staff', 'patient-with-others', 'patient'] -%}
  {%- set classes = {} -%}
  {%- set models = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | list -%}
  {%- for model in models -%}
    {%- for column in model.columns.values() if column.meta.get('identifies') -%}
      {%- set known = classes.get(column.name) -%}
      {%- if known is none or strictest.index(column.meta.identifies) > strictest.index(known) -%}
        {%- do classes.update({column.name: column.meta.identifies}) -%}
      {%- endif -%}
    {%- endfor -%}
  {%- endfor -%}
  {%- for mart in models if 'marts' in mart.fqn -%}
    {%- for column in mart.columns.values() -%}
      {%- set class = column.meta.get('identifies') or classes.get(column.name) -%}
      {%- if class and class not in mart.config.meta.get('may_identify', []) -%}
        {%- do found.append((mart.name, column.name, class)) -%}
      {%- endif -%}
    {%- endfor -%}
  {%- endfor -%}
{%- endif %}
{% for mart, column, class in found -%}
select '{{ mart }}' as mart, '{{ column }}' as column_name, '{{ class }}' as class
{{ 'union all' if not loop.last }}
{% endfor -%}
{% if not found -%}
select mart from (select 'none' as mart) as nothing where false
{%- endif %}
