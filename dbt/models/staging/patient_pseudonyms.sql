{{ config(unique_key='patient_id', cluster_by=['patient_id']) }}
-- Of every patient whom any table names, also one whose own row is not here yet. A new key gives all new pseudonyms.
with patients as (
  select patient_id from {{ ref('base_patients') }}
  union distinct
  select patient_id from {{ ref('base_visits') }}
  union distinct
  select patient_id from {{ ref('base_prescriptions') }}
  union distinct
  select patient_id from {{ ref('base_billing_payments') }}
),

named as (
  select
    patients.patient_id,
    pseudonym_key.key_hex,
    {{ pseudonym('0', 'pseudonym_key.key_hex') }} as key_check
  from patients
  cross join {{ ref('pseudonym_key') }} as pseudonym_key
  where patients.patient_id is not null
)

select
  named.patient_id,
  {{ pseudonym('named.patient_id', 'named.key_hex') }} as patient_pseudonym,
  named.key_check
from named
{%- if is_incremental() %}
left join {{ this }} as known on known.patient_id = named.patient_id and known.key_check = named.key_check
where known.patient_id is null
{%- endif %}
