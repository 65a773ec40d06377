with reconciles as (
  select
    table_name,
    finished_at,
    status,
    source_rows,
    row_number() over (partition by table_name order by finished_at desc, run_id desc) as place
  from {{ source('operations', 'reconcile_log') }}
)

select table_name, finished_at, status, source_rows
from reconciles
where place = 1
