with letters as (
  select
    case when lags.table_name is null then '(other)' else letters.table_name end as table_name,
    sum(letters.objects) as dead_letters
  from {{ ref('dead_letters') }} as letters
  left join {{ ref('change_lags') }} as lags on lags.table_name = letters.table_name
  group by case when lags.table_name is null then '(other)' else letters.table_name end
),

members as (
  select table_name from {{ ref('change_lags') }}
  union distinct
  select '(other)' as table_name
)

select
  members.table_name,
  coalesce(states.changes, 0) as changes,
  lags.newest_commit_at,
  lags.newest_capture_at,
  lags.newest_load_at,
  watermark.loaded_at as loaded_until,
  {{ now() }} as built_at,
  {{ seconds(milliseconds_between('lags.newest_commit_at', now())) }} as freshness_seconds,
  {{ seconds('lags.lag_p50_ms') }} as lag_p50_seconds,
  {{ seconds('lags.lag_p95_ms') }} as lag_p95_seconds,
  coalesce(states.broken_objects, 0) as broken_objects,
  cast(coalesce(letters.dead_letters, 0) as {{ sql_type('bigint') }}) as dead_letters,
  reconciles.finished_at as last_reconcile_at,
  reconciles.status as last_reconcile_status,
  reconciles.source_rows as last_reconcile_rows
from members
left join {{ ref('change_lags') }} as lags on lags.table_name = members.table_name
left join {{ ref('load_states') }} as states on states.table_name = members.table_name
left join {{ ref('load_watermark') }} as watermark on watermark.table_name = members.table_name
left join letters on letters.table_name = members.table_name
left join {{ ref('last_reconciles') }} as reconciles on reconciles.table_name = members.table_name
