{{ config(
  materialized='incremental',
  unique_key='month_start', partition_by=by_month('month_start'), cluster_by=['specialization', 'doctor_id'],
  pre_hook="{{ remove_empty_months('prescriptions') }}"
) }}
with days as (
  select
    prescribed_on,
    month_start,
    doctor_id,
    doctor_name,
    specialization,
    medicine_id,
    coalesce(medicine_name, 'Unknown') as medicine_name,
    coalesce(medicine_category, 'Unknown') as category,
    count(*) as prescriptions,
    count(*) - count(estimated_total_cost) as unpriced_prescriptions,
    {{ money_sum('estimated_total_cost') }} as estimated_cost
  from {{ ref('prescriptions_enhanced') }}
  where {{ in_months('month_start', stale_months('prescriptions')) }}
  group by
    prescribed_on, month_start, doctor_id, doctor_name, specialization, medicine_id, coalesce(medicine_name, 'Unknown'),
    coalesce(medicine_category, 'Unknown')
)

select
  days.prescribed_on as day,
  days.month_start,
  days.doctor_id,
  days.doctor_name,
  days.specialization,
  days.medicine_id,
  days.medicine_name,
  days.category,
  days.prescriptions,
  days.unpriced_prescriptions,
  days.estimated_cost,
  made.fingerprint as built_from
from days
inner join {{ months_of('prescriptions') }} as made on made.month_start = days.month_start
