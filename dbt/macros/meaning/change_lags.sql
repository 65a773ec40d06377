{#
  Of each table the newest commit, capture and load, and how long changes took from commit to warehouse: of those that
  were loaded in the day before the newest load, without snapshots, the time that half of them and 95 of 100 did not
  exceed, ms. changes: table -> change log.
#}
{% macro change_lags(changes) %}
with logs as (
  {%- for table, log in changes.items() %}
  select '{{ table }}' as table_name, op, committedAt, capturedAt, loadedAt
  from {{ log }}
  where {{ is_recent('committedAt') }}
  {%- if not loop.last %}
  union all
  {%- endif %}
  {%- endfor %}
),

newest as (
  select
    table_name,
    max(committedAt) as newest_commit_at,
    max(capturedAt) as newest_capture_at,
    max(loadedAt) as newest_load_at
  from logs
  group by table_name
),

lags as (
  select logs.table_name, {{ milliseconds_between('logs.committedAt', 'logs.loadedAt') }} as lag_ms
  from logs
  inner join newest on newest.table_name = logs.table_name
  where logs.op <> 'r' and {{ milliseconds_between('logs.loadedAt', 'newest.newest_load_at') }} <= 86400000
),

ranked as (
  select
    table_name,
    lag_ms,
    row_number() over (partition by table_name order by lag_ms) as place,
    count(*) over (partition by table_name) as changes
  from lags
),

quantiles as (
  select
    table_name,
    min(case when 100 * place >= 50 * changes then lag_ms end) as lag_p50_ms,
    min(case when 100 * place >= 95 * changes then lag_ms end) as lag_p95_ms
  from ranked
  group by table_name
),

tables as (
  {%- for table in changes %}
  select '{{ table }}' as table_name
  {%- if not loop.last %}
  union all
  {%- endif %}
  {%- endfor %}
)

select
  tables.table_name,
  newest.newest_commit_at,
  newest.newest_capture_at,
  newest.newest_load_at,
  quantiles.lag_p50_ms,
  quantiles.lag_p95_ms
from tables
left join newest on newest.table_name = tables.table_name
left join quantiles on quantiles.table_name = tables.table_name
{% endmacro %}
