with aged as (
  select
    patient_id,
    full_name,
    date_of_birth,
    gender,
    blood_type,
    contact_info,
    insurance_id,
    {{ age_in_years('date_of_birth', as_of()) }} as age
  from {{ ref('base_patients') }}
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
  case
    when age is null then 'Unknown'
    when age < 18 then 'Child'
    when age <= 40 then 'Adult'
    when age <= 65 then 'Middle-aged'
    else 'Senior'
  end as age_group
from aged
