select
  doctor_id,
  name,
  specialization,
  experience_years,
  contact_info,
  case
    when experience_years is null then 'Unknown'
    when experience_years < 5 then 'Junior'
    when experience_years <= 15 then 'Experienced'
    else 'Senior'
  end as experience_level
from {{ ref('base_doctors') }}
