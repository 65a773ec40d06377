{{ config(
  materialized='incremental',
  unique_key='month_start', partition_by=by_month('month_start'), cluster_by=['specialization', 'doctor_id'],
  pre_hook="{{ remove_empty_months('visits') }}"
) }}
with months as (
  select
    month_start,
    doctor_id,
    doctor_name,
    specialization,
    count(*) as visits,
    count(distinct patient_id) as unique_patients,
    count(total_cost) as visits_with_cost,
    {{ money_sum('total_cost') }} as revenue
  from {{ ref('visits_enhanced') }}
  where {{ in_months('month_start', stale_months('visits')) }}
  group by month_start, doctor_id, doctor_name, specialization
)

select
  months.month_start,
  months.doctor_id,
  months.doctor_name,
  months.specialization,
  months.visits,
  months.unique_patients,
  months.visits_with_cost,
  months.revenue,
  {{ exact_ratio('months.revenue', 'months.visits_with_cost', 2) }} as average_visit_cost,
  made.fingerprint as built_from
from months
inner join {{ months_of('visits') }} as made on made.month_start = months.month_start
