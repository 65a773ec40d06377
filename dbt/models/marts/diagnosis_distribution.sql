{{ config(
  materialized='incremental',
  unique_key='month_start', partition_by=by_month('month_start'), cluster_by=['specialization', 'doctor_id'],
  pre_hook="{{ remove_empty_months('visits') }}"
) }}
with visits as (
  select
    visit_date,
    month_start,
    doctor_id,
    doctor_name,
    specialization,
    coalesce(diagnosis, 'Unknown') as diagnosis,
    count(*) as visits,
    count(total_cost) as visits_with_cost,
    {{ money_sum('total_cost') }} as revenue
  from {{ ref('visits_enhanced') }}
  where {{ in_months('month_start', stale_months('visits')) }}
  group by visit_date, month_start, doctor_id, doctor_name, specialization, coalesce(diagnosis, 'Unknown')
)

select
  visits.visit_date as day,
  visits.month_start,
  visits.doctor_id,
  visits.doctor_name,
  visits.specialization,
  visits.diagnosis,
  {{ diagnosis_code('visits.diagnosis') }} as diagnosis_code,
  {{ diagnosis_name('visits.diagnosis') }} as diagnosis_name,
  visits.visits,
  visits.visits_with_cost,
  visits.revenue,
  made.fingerprint as built_from
from visits
inner join {{ months_of('visits') }} as made on made.month_start = visits.month_start
