{#
  Invariants 2 and 3: the last changes are those that the whole log gives, so no load was left out and no late change won.
  Where this fails, `dbt build --full-refresh` mends it.
#}
{% test is_the_whole_log(model, changes) %}
{{ config(tags=['whole_log']) }}
with log as (
  select row_key, max({{ adapter.quote('sequence') }}) as log_sequence
  from {{ changes }}
  where op <> 't'
  group by row_key
)

select coalesce(log.row_key, latest.row_key) as row_key
from log
full outer join {{ model }} as latest on latest.row_key = log.row_key
where log.log_sequence is distinct from latest._sequence
{% endtest %}
