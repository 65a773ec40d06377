{{ config(unique_key='patient_id', cluster_by=['patient_id'], pre_hook="{{ remove_unused_pseudonyms() }}") }}
-- Of every patient whom any table names, also one whose own row is not here yet. A new key gives all new pseudonyms.
with patients as (
  {{ patients_named_anywhere() }}
),

named as (
  select
    patients.patient_id,
    pseudonym_key.key_hex,
    {{ pseudonym('0', 'pseudonym_key.key_hex') }} as key_check
  from patients
  cross join {{ ref('pseudonym_key') }} as pseudonym_key
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
