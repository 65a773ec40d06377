{{ config(
  materialized='incremental', incremental_strategy=by_key(), partition_by=by_month('month_start'),
  unique_key='visit_id', cluster_by=['patient_pseudonym', 'visit_id'],
  pre_hook="{{ remove_lost_visits() }}"
) }}
-- Prescriptions and bills are brought to one row a visit before they are joined to it.
with patients as (
  {{ patients_to_make() }}
),

members as (
  select
    members.visit_id,
    members.visit_is_known,
    members.patient_id,
    members.doctor_id,
    patients.patient_pseudonym,
    patients.fingerprint
  from {{ ref('visit_members') }} as members
  inner join patients on patients.patient_id = members.patient_id
),

prescriptions as (
  select
    visit_id,
    count(*) as prescriptions,
    string_agg(distinct medicine_name, ', ' order by medicine_name) as medicines,
    {{ money_sum('estimated_total_cost') }} as prescription_cost,
    count(*) - count(estimated_total_cost) as unpriced_prescriptions
  from {{ ref('prescriptions_enhanced') }}
  where visit_id in (select members.visit_id from members)
  group by visit_id
),

bills as (
  select
    visit_id,
    count(*) as bills,
    min(billing_date) as first_billing_date,
    {{ money_sum('total_amount') }} as billed_amount,
    {{ money_sum('case when is_paid then total_amount end') }} as paid_amount,
    {{ money_sum('case when not is_paid then total_amount end') }} as outstanding_balance,
    sum(case when is_paid then 1 else 0 end) as paid_bills
  from {{ ref('billing_enhanced') }}
  where visit_id in (select members.visit_id from members)
  group by visit_id
),

visits as (
  select
    *,
    row_number() over (partition by patient_id order by visit_date, visit_id) as visit_number,
    lag(visit_date) over (partition by patient_id order by visit_date, visit_id) as previous_visit_date
  from {{ ref('visits_enhanced') }}
  where patient_id in (select patients.patient_id from patients)
),

visits_of_patients as (
  select patient_id, count(*) as visits
  from visits
  group by patient_id
),

prescriptions_of_patients as (
  select patient_id, count(*) as prescriptions
  from {{ ref('base_prescriptions') }}
  where patient_id in (select patients.patient_id from patients)
  group by patient_id
),

bills_of_patients as (
  select patient_id, count(*) as bills
  from {{ ref('base_billing_payments') }}
  where patient_id in (select patients.patient_id from patients)
  group by patient_id
)

select
  members.visit_id,
  members.visit_is_known,
  members.patient_pseudonym,
  members.doctor_id,
  coalesce(doctors.name, 'Unknown') as doctor_name,
  coalesce(doctors.specialization, 'Unknown') as specialization,
  visits.visit_date,
  visits.month_start,
  visits.visit_number,
  {{ days_between('visits.previous_visit_date', 'visits.visit_date') }} as days_since_previous_visit,
  visits.diagnosis,
  visits.total_cost,
  coalesce(visits.cost_category, 'Unknown') as cost_category,
  coalesce(prescriptions.prescriptions, 0) as prescriptions,
  prescriptions.medicines,
  coalesce(prescriptions.prescription_cost, 0) as prescription_cost,
  coalesce(prescriptions.unpriced_prescriptions, 0) as unpriced_prescriptions,
  coalesce(bills.bills, 0) as bills,
  case
    when bills.bills is null then 'Not billed'
    when bills.paid_bills = bills.bills then 'Paid'
    when bills.paid_bills = 0 then 'Outstanding'
    else 'Partly paid'
  end as billing_state,
  {{ days_between('visits.visit_date', 'bills.first_billing_date') }} as days_to_first_bill,
  coalesce(bills.billed_amount, 0) as billed_amount,
  coalesce(bills.paid_amount, 0) as paid_amount,
  coalesce(bills.outstanding_balance, 0) as outstanding_balance,
  visits.age_at_visit,
  coalesce(visits.age_group, 'Unknown') as age_group,
  coalesce(visits_of_patients.visits, 0) as patient_visits,
  coalesce(prescriptions_of_patients.prescriptions, 0) as patient_prescriptions,
  coalesce(bills_of_patients.bills, 0) as patient_bills,
  members.fingerprint as built_from
from members
left join visits on visits.visit_id = members.visit_id
left join prescriptions on prescriptions.visit_id = members.visit_id
left join bills on bills.visit_id = members.visit_id
left join {{ ref('doctors') }} as doctors on doctors.doctor_id = members.doctor_id
left join visits_of_patients on visits_of_patients.patient_id = members.patient_id
left join prescriptions_of_patients on prescriptions_of_patients.patient_id = members.patient_id
left join bills_of_patients on bills_of_patients.patient_id = members.patient_id
