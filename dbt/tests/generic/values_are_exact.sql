{#
  Invariant 5: every value of the winning change is in the base table, and is the same. A value that can't be cast is
  null there, one with too many digits is rounded: both fail. So does a row that has no change.
  columns: name -> type of the catalog.
#}
{% test values_are_exact(model, changes, key, columns) %}
with compared as (
  select
    base.*,
    changes.row_key,
    changes.{{ adapter.quote('row') }} as row_json
  from {{ model }} as base
  left join {{ changes }} as changes
    on changes.row_key = cast(base.{{ key }} as {{ sql_type('text') }})
    and changes.{{ adapter.quote('sequence') }} = base._sequence
    and changes.op <> 'd'
)
select row_key
from compared
where row_key is null
{%- for name, type in columns.items() %}
  {%- set text = json_text('row_json', name) %}
  or ({{ json_has_value('row_json', name) }} and {{ name }} is null)
  {%- if type in ('bigint', 'integer', 'date') or type.startswith('numeric') %}
  or not ({{ is_same_value(name, type, text) }})
  {%- endif %}
{%- endfor %}
{% endtest %}
