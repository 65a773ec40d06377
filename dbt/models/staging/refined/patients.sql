with aged as (
  select
    patients.patient_id,
    patients.full_name,
    patients.date_of_birth,
    patients.gender,
    patients.blood_type,
    patients.contact_info,
    patients.insurance_id,
    {{ age_in_years('patients.date_of_birth', 'run_day.as_of') }} as age
  from {{ ref('base_patients') }} as patients
  cross join {{ ref('run_day') }} as run_day
)

select
  patient_id,
  full_name,
  date_of_birth,
  gender,
  blood_type,
  contact_info,
  insurance_id,
  age,
  {{ age_group('age') }} as age_group
from aged
