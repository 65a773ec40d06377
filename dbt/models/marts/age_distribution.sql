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
    patient_id,
    age_group,
    {{ age_from('age_at_visit') }} as age_from
  from {{ ref('visits_enhanced') }}
  where {{ in_months('month_start', stale_months('visits')) }}
),

days as (
  select
    visit_date,
    month_start,
    doctor_id,
    doctor_name,
    specialization,
    age_from,
    age_group,
    count(*) as visits,
    count(distinct patient_id) as unique_patients
  from visits
  group by visit_date, month_start, doctor_id, doctor_name, specialization, age_from, age_group
)

select
  days.visit_date as day,
  days.month_start,
  days.doctor_id,
  days.doctor_name,
  days.specialization,
  cast(days.age_from as {{ sql_type('bigint') }}) as age_from,
  {{ age_band('days.age_from') }} as age_band,
  days.age_group,
  days.visits,
  days.unique_patients,
  made.fingerprint as built_from
from days
inner join {{ months_of('visits') }} as made on made.month_start = days.month_start
