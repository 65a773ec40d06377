{{ config(
  materialized='incremental',
  unique_key='month_start', partition_by=by_month('month_start'), cluster_by=['specialization', 'doctor_id'],
  pre_hook="{{ remove_empty_months('visits') }}"
) }}
with days as (
  select
    visit_date,
    month_start,
    doctor_id,
    doctor_name,
    specialization,
    count(*) as visits,
    count(total_cost) as visits_with_cost,
    {{ money_sum('total_cost') }} as revenue,
    sum(case when cost_category = 'High-cost' then 1 else 0 end) as high_cost_visits
  from {{ ref('visits_enhanced') }}
  where {{ in_months('month_start', stale_months('visits')) }}
  group by visit_date, month_start, doctor_id, doctor_name, specialization
)

select
  days.visit_date as day,
  days.month_start,
  days.doctor_id,
  days.doctor_name,
  days.specialization,
  days.visits,
  days.visits_with_cost,
  days.revenue,
  cast(days.high_cost_visits as {{ sql_type('bigint') }}) as high_cost_visits,
  made.fingerprint as built_from
from days
inner join {{ months_of('visits') }} as made on made.month_start = days.month_start
