select
  tableName as table_name,
  cast(sum(case when state = 'done' then {{ named('rows') }} else 0 end) as {{ sql_type('bigint') }}) as changes,
  cast(sum(case when state = 'broken' then 1 else 0 end) as {{ sql_type('bigint') }}) as broken_objects
from {{ source('raw', 'load_objects') }}
group by tableName
