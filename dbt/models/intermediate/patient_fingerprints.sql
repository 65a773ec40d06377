-- Of each patient what all that tells of the patient is made of: the own row, the own facts, and what was prescribed and
-- billed at the own visits, whoever stands there as the patient. Patients of whom nothing is left are not here.
with parts as (
  select patient_id, {{ version_of(["'patient'", 'age_group']) }} as _version from {{ ref('patients') }}
  union all
  select patient_id, {{ version_of(["'visit'", '_version']) }} as _version from {{ ref('visits_enhanced') }}
  union all
  select patient_id, {{ version_of(["'prescription'", '_version']) }} as _version from {{ ref('prescriptions_enhanced') }}
  union all
  select patient_id, {{ version_of(["'bill'", '_version']) }} as _version from {{ ref('billing_enhanced') }}
  union all
  select
    members.patient_id,
    {{ version_of(["'member'", 'members.visit_id', 'members.doctor_id', 'doctors.name', 'doctors.specialization']) }} as _version
  from {{ ref('visit_members') }} as members
  left join {{ ref('doctors') }} as doctors on doctors.doctor_id = members.doctor_id
  union all
  select members.patient_id, {{ version_of(["'prescribed'", 'facts._version']) }} as _version
  from {{ ref('prescriptions_enhanced') }} as facts
  inner join {{ ref('visit_members') }} as members on members.visit_id = facts.visit_id
  union all
  select members.patient_id, {{ version_of(["'billed'", 'facts._version']) }} as _version
  from {{ ref('billing_enhanced') }} as facts
  inner join {{ ref('visit_members') }} as members on members.visit_id = facts.visit_id
)

select patient_id, {{ fingerprint('_version') }} as fingerprint
from parts
where patient_id is not null
group by patient_id
