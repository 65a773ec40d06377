{#
  Slowly changing dimension, type 2, from the change log: a row a time in which some columns had the same values. Changes
  in which none of them is another make no new row. A delete ends a row, and so does the table's last truncate.
#}
{% macro history(table, key, columns) %}
with versions as (
  select
    versions.*,
    {{ version_of(['_is_deleted'] + columns) }} as content
  from {{ ref('versions_' ~ table) }} as versions
),

compared as (
  select
    *,
    lag(content) over (partition by {{ key }} order by _sequence) as content_before
  from versions
),

changed as (
  select
    compared.*,
    lead(_committed_at) over (partition by {{ key }} order by _sequence) as next_committed_at
  from compared
  where content_before is null or content <> content_before
),

-- Only what came before it is ended by a truncate; where several were, the last one is known.
ended as (
  select
    changed.*,
    case when changed._sequence < watermark.truncated_sequence then watermark.truncated_at end as truncated_at
  from changed
  cross join (select * from {{ ref('load_watermark') }} where table_name = '{{ table }}') as watermark
)

select
  {{ key }},
  {%- for column in columns %}
  {{ column }},
  {%- endfor %}
  row_number() over (partition by {{ key }} order by _sequence) as version,
  _committed_at as valid_from,
  coalesce(least(next_committed_at, truncated_at), next_committed_at, truncated_at) as valid_to,
  next_committed_at is null and truncated_at is null as is_current,
  _sequence
from ended
where not _is_deleted
{% endmacro %}
