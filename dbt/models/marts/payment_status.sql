{{ config(
  materialized='incremental',
  unique_key='month_start', partition_by=by_month('month_start'), cluster_by=['specialization', 'doctor_id'],
  pre_hook="{{ remove_empty_months('bills') }}"
) }}
with days as (
  select
    billing_date,
    month_start,
    doctor_id,
    doctor_name,
    specialization,
    payment_status,
    count(*) as bills,
    {{ money_sum('total_amount') }} as amount,
    {{ money_sum('case when is_paid then total_amount end') }} as paid_amount,
    {{ money_sum('case when not is_paid then total_amount end') }} as outstanding_amount
  from {{ ref('billing_enhanced') }}
  where {{ in_months('month_start', stale_months('bills')) }}
  group by billing_date, month_start, doctor_id, doctor_name, specialization, payment_status
)

select
  days.billing_date as day,
  days.month_start,
  days.doctor_id,
  days.doctor_name,
  days.specialization,
  days.payment_status,
  days.bills,
  days.amount,
  days.paid_amount,
  days.outstanding_amount,
  made.fingerprint as built_from
from days
inner join {{ months_of('bills') }} as made on made.month_start = days.month_start
