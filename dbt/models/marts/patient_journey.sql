-- Prescriptions and bills are brought to one row a visit before they are joined to it.
with prescriptions as (
  select
    visit_id,
    min(patient_id) as patient_id,
    min(doctor_id) as doctor_id,
    count(*) as prescriptions,
    string_agg(distinct medicine_name, ', ' order by medicine_name) as medicines,
    {{ money_sum('estimated_total_cost') }} as prescription_cost,
    count(*) - count(estimated_total_cost) as unpriced_prescriptions
  from {{ ref('prescriptions_enhanced') }}
  group by visit_id
),

bills as (
  select
    visit_id,
    min(patient_id) as patient_id,
    count(*) as bills,
    min(billing_date) as first_billing_date,
    {{ money_sum('total_amount') }} as billed_amount,
    {{ money_sum('case when is_paid then total_amount end') }} as paid_amount,
    {{ money_sum('case when not is_paid then total_amount end') }} as outstanding_balance,
    sum(case when is_paid then 1 else 0 end) as paid_bills
  from {{ ref('billing_enhanced') }}
  group by visit_id
),

visits as (
  select
    *,
    row_number() over (partition by patient_id order by visit_date, visit_id) as visit_number,
    lag(visit_date) over (partition by patient_id order by visit_date, visit_id) as previous_visit_date
  from {{ ref('visits_enhanced') }}
),

-- A prescription or a bill may be here a moment before its visit: such a visit has a row too, without its own columns.
members as (
  select distinct visit_id
  from (
    select visit_id from visits
    union all
    select visit_id from prescriptions
    union all
    select visit_id from bills
  ) as every_visit
),

journey as (
  select
    members.visit_id,
    visits.visit_id is not null as visit_is_known,
    coalesce(visits.patient_id, bills.patient_id, prescriptions.patient_id) as patient_id,
    coalesce(visits.doctor_id, prescriptions.doctor_id) as doctor_id,
    visits.visit_date,
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
    coalesce(bills.outstanding_balance, 0) as outstanding_balance
  from members
  left join visits on visits.visit_id = members.visit_id
  left join prescriptions on prescriptions.visit_id = members.visit_id
  left join bills on bills.visit_id = members.visit_id
)

select
  journey.*,
  coalesce(doctors.specialization, 'Unknown') as specialization,
  patients.age_group,
  patients.total_visits as patient_visits,
  patients.total_prescriptions as patient_prescriptions,
  patients.total_bills as patient_bills
from journey
left join {{ ref('doctors') }} as doctors on doctors.doctor_id = journey.doctor_id
left join {{ ref('patient_spending_analysis') }} as patients on patients.patient_id = journey.patient_id
