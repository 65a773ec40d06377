-- A prescription or a bill may be here a moment before its visit: such a visit is a member too, of whom they tell the rest.
with prescriptions as (
  select visit_id, min(patient_id) as patient_id, min(doctor_id) as doctor_id
  from {{ ref('base_prescriptions') }}
  group by visit_id
),

bills as (
  select visit_id, min(patient_id) as patient_id
  from {{ ref('base_billing_payments') }}
  group by visit_id
),

members as (
  select visit_id from {{ ref('base_visits') }}
  union distinct
  select visit_id from prescriptions
  union distinct
  select visit_id from bills
)

select
  members.visit_id,
  visits.visit_id is not null as visit_is_known,
  coalesce(visits.patient_id, bills.patient_id, prescriptions.patient_id) as patient_id,
  coalesce(visits.doctor_id, prescriptions.doctor_id) as doctor_id
from members
left join {{ ref('base_visits') }} as visits on visits.visit_id = members.visit_id
left join prescriptions on prescriptions.visit_id = members.visit_id
left join bills on bills.visit_id = members.visit_id
