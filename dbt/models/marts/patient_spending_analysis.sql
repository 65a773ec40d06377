{{ config(
  materialized='incremental', incremental_strategy=by_key(),
  unique_key='patient_pseudonym', cluster_by=['patient_pseudonym'],
  pre_hook="{{ remove_lost_patients() }}"
) }}
-- Each fact is brought to one row a patient before it is joined: joining facts with facts multiplies money.
with members as (
  {{ patients_to_make() }}
),

visits as (
  select
    patient_id,
    count(*) as total_visits,
    {{ money_sum('total_cost') }} as total_visit_cost,
    count(total_cost) as visits_with_cost
  from {{ ref('visits_enhanced') }}
  where patient_id in (select members.patient_id from members)
  group by patient_id
),

prescriptions as (
  select
    patient_id,
    count(*) as total_prescriptions,
    {{ money_sum('estimated_total_cost') }} as total_prescription_cost,
    count(*) - count(estimated_total_cost) as unpriced_prescriptions
  from {{ ref('prescriptions_enhanced') }}
  where patient_id in (select members.patient_id from members)
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
  where patient_id in (select members.patient_id from members)
  group by patient_id
)

-- A patient of whom nothing is left but the pseudonym has no row; one whose facts came before the own row has one.
select
  members.patient_pseudonym,
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
  coalesce(bills.total_outstanding, 0) as total_outstanding,
  members.fingerprint as built_from
from members
left join {{ ref('patients') }} as patients on patients.patient_id = members.patient_id
left join visits on visits.patient_id = members.patient_id
left join prescriptions on prescriptions.patient_id = members.patient_id
left join bills on bills.patient_id = members.patient_id
