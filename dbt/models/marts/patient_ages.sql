with ages as (
  select {{ age_from('age') }} as age_from, age_group
  from {{ ref('patients') }}
)

select
  cast(age_from as {{ sql_type('bigint') }}) as age_from,
  {{ age_band('age_from') }} as age_band,
  age_group,
  count(*) as patients
from ages
group by age_from, age_group
