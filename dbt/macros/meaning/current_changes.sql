{#
  The winning change of every row that is there: the highest sequence of a row_key, unless it is a delete or older than
  the table's last truncate. One pass; a change that came twice, or late, makes no difference.
#}
{% macro current_changes(changes) %}
  {%- set row = adapter.quote('row') -%}
  {%- set sequence = adapter.quote('sequence') -%}
  {%- set offset = adapter.quote('offset') %}
  select row_key, {{ row }} as row_json, {{ sequence }} as _sequence, committedAt as _committed_at, loadedAt as _loaded_at
  from (
    select
      row_key, op, {{ row }}, {{ sequence }}, committedAt, loadedAt,
      row_number() over (partition by row_key order by {{ sequence }} desc, {{ offset }} desc, loadedAt) as place
    from {{ changes }}
    where op <> 't'
  ) as ranked
  where place = 1
    and op <> 'd'
    and {{ sequence }} >= coalesce((select max({{ sequence }}) from {{ changes }} where op = 't'), '')
{% endmacro %}

{# A column of the current row in its type. #}
{% macro typed(name, type) -%}
  {%- if type == 'text' -%}
  {{ json_text('row_json', name) }}
  {%- elif type == 'json' -%}
  {{ cast_or_null(json_document('row_json', name), type) }}
  {%- else -%}
  {{ cast_or_null(json_text('row_json', name), type) }}
  {%- endif -%}
{%- endmacro %}
