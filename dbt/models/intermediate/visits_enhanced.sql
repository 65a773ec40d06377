with visits as (
  select
    visits.*,
    doctors.name as doctor_name,
    doctors.specialization,
    doctors.doctor_id as known_doctor_id,
    patients.date_of_birth,
    {{ age_in_years('patients.date_of_birth', 'visits.visit_date') }} as age
  from {{ ref('base_visits') }} as visits
  left join {{ ref('doctors') }} as doctors on doctors.doctor_id = visits.doctor_id
  left join {{ ref('base_patients') }} as patients on patients.patient_id = visits.patient_id
)

select
  visit_id,
  patient_id,
  doctor_id,
  known_doctor_id is not null as doctor_is_known,
  coalesce(doctor_name, 'Unknown') as doctor_name,
  coalesce(specialization, 'Unknown') as specialization,
  visit_date,
  diagnosis,
  total_cost,
  case
    when total_cost is null then 'Unknown'
    when total_cost > 500 then 'High-cost'
    when total_cost > 200 then 'Medium-cost'
    else 'Low-cost'
  end as cost_category,
  {{ date_part_of('year', 'visit_date') }} as visit_year,
  {{ date_part_of('month', 'visit_date') }} as visit_month,
  {{ month_start('visit_date') }} as month_start,
  case when age >= 0 then least(age, 90) end as age_at_visit,
  {{ age_group('case when age >= 0 then age end') }} as age_group,
  {{ version_of(['visit_id', '_sequence', 'doctor_name', 'specialization', 'date_of_birth']) }} as _version
from visits
