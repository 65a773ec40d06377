-- Each fact is brought to one row a patient before it is joined: joining facts with facts multiplies money.
with visits as (
  select
    patient_id,
    count(*) as total_visits,
    {{ money_sum('total_cost') }} as total_visit_cost,
    count(total_cost) as visits_with_cost
  from {{ ref('visits_enhanced') }}
  group by patient_id
),

prescriptions as (
  select
    patient_id,
    count(*) as total_prescriptions,
    {{ money_sum('estimated_total_cost') }} as total_prescription_cost,
    count(*) - count(estimated_total_cost) as unpriced_prescriptions
  from {{ ref('prescriptions_enhanced') }}
  group by patient_id
),

bills as (
  select
    patient_id,
    count(*) as total_bills,
    {{ money_sum('total_amount') }} as total_billed,
    {{ money_sum('case when is_paid then total_amount end') }} as total_paid,
    {{ money_sum('case when not is_paid then total_amount end') }} as total_outstanding
  from {{ ref('billing_enhanced') }}
  group by patient_id
),

-- Facts may be here a moment before their patient: such a patient is a member too, of whom only the key is known.
members as (
  select distinct patient_id
  from (
    select patient_id from {{ ref('patients') }}
    union all
    select patient_id from visits
    union all
    select patient_id from prescriptions
    union all
    select patient_id from bills
  ) as every_patient
)

select
  members.patient_id,
  patients.patient_id is not null as patient_is_known,
  coalesce(patients.age_group, 'Unknown') as age_group,
  coalesce(visits.total_visits, 0) as total_visits,
  coalesce(visits.total_visit_cost, 0) as total_visit_cost,
  {{ exact_ratio('visits.total_visit_cost', 'visits.visits_with_cost', 2) }} as average_visit_cost,
  coalesce(prescriptions.total_prescriptions, 0) as total_prescriptions,
  coalesce(prescriptions.total_prescription_cost, 0) as total_prescription_cost,
  coalesce(prescriptions.unpriced_prescriptions, 0) as unpriced_prescriptions,
  coalesce(bills.total_bills, 0) as total_bills,
  coalesce(bills.total_billed, 0) as total_billed,
  coalesce(bills.total_paid, 0) as total_paid,
  coalesce(bills.total_outstanding, 0) as total_outstanding
from members
left join {{ ref('patients') }} as patients on patients.patient_id = members.patient_id
left join visits on visits.patient_id = members.patient_id
left join prescriptions on prescriptions.patient_id = members.patient_id
left join bills on bills.patient_id = members.patient_id
