-- Each fact is brought to one row a doctor before it is joined: a join of visits to prescriptions multiplies money.
with visits as (
  select
    doctor_id,
    count(*) as total_visits,
    count(distinct patient_id) as unique_patients,
    {{ money_sum('total_cost') }} as total_revenue,
    count(total_cost) as visits_with_cost
  from {{ ref('visits_enhanced') }}
  group by doctor_id
),

prescriptions as (
  select
    doctor_id,
    count(*) as total_prescriptions,
    {{ money_sum('estimated_total_cost') }} as prescription_value,
    count(*) - count(estimated_total_cost) as unpriced_prescriptions
  from {{ ref('prescriptions_enhanced') }}
  group by doctor_id
),

-- Facts may be here a moment before their doctor: such a doctor is a member too, of whom only the key is known.
members as (
  select distinct doctor_id
  from (
    select doctor_id from {{ ref('doctors') }}
    union all
    select doctor_id from visits
    union all
    select doctor_id from prescriptions
  ) as every_doctor
)

select
  members.doctor_id,
  doctors.doctor_id is not null as doctor_is_known,
  coalesce(doctors.name, 'Unknown') as doctor_name,
  coalesce(doctors.specialization, 'Unknown') as specialization,
  coalesce(doctors.experience_level, 'Unknown') as experience_level,
  coalesce(visits.total_visits, 0) as total_visits,
  coalesce(visits.unique_patients, 0) as unique_patients,
  coalesce(visits.total_revenue, 0) as total_revenue,
  {{ exact_ratio('visits.total_revenue', 'visits.visits_with_cost', 2) }} as average_visit_cost,
  coalesce(prescriptions.total_prescriptions, 0) as total_prescriptions,
  coalesce(prescriptions.prescription_value, 0) as prescription_value,
  coalesce(prescriptions.unpriced_prescriptions, 0) as unpriced_prescriptions
from members
left join {{ ref('doctors') }} as doctors on doctors.doctor_id = members.doctor_id
left join visits on visits.doctor_id = members.doctor_id
left join prescriptions on prescriptions.doctor_id = members.doctor_id
