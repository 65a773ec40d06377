with doctors as (
  select
    specialization,
    count(*) as doctors,
    sum(case when experience_level = 'Junior' then 1 else 0 end) as junior_doctors,
    sum(case when experience_level = 'Experienced' then 1 else 0 end) as experienced_doctors,
    sum(case when experience_level = 'Senior' then 1 else 0 end) as senior_doctors
  from {{ ref('doctors') }}
  group by specialization
),

visits as (
  select
    specialization,
    count(*) as visits,
    {{ money_sum('total_cost') }} as revenue
  from {{ ref('visits_enhanced') }}
  group by specialization
),

members as (
  select specialization from doctors
  union distinct
  select specialization from visits
)

select
  members.specialization,
  coalesce(doctors.doctors, 0) as doctors,
  cast(coalesce(doctors.junior_doctors, 0) as {{ sql_type('bigint') }}) as junior_doctors,
  cast(coalesce(doctors.experienced_doctors, 0) as {{ sql_type('bigint') }}) as experienced_doctors,
  cast(coalesce(doctors.senior_doctors, 0) as {{ sql_type('bigint') }}) as senior_doctors,
  coalesce(visits.visits, 0) as visits,
  coalesce(visits.revenue, 0) as revenue
from members
left join doctors on doctors.specialization = members.specialization
left join visits on visits.specialization = members.specialization
