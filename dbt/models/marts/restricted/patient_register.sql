select
  patients.patient_id,
  names.patient_pseudonym,
  patients.full_name,
  patients.date_of_birth,
  patients.gender,
  patients.blood_type,
  patients.contact_info,
  patients.insurance_id
from {{ ref('base_patients') }} as patients
inner join {{ ref('patient_pseudonyms') }} as names on names.patient_id = patients.patient_id
