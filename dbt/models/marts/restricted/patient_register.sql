{{ config(
  materialized='incremental', incremental_strategy=by_key(), unique_key='patient_id', cluster_by=['patient_id'],
  pre_hook="{{ remove_gone_patients() }}"
) }}
select
  patients.patient_id,
  names.patient_pseudonym,
  patients.full_name,
  patients.date_of_birth,
  patients.gender,
  patients.blood_type,
  patients.contact_info,
  patients.insurance_id,
  patients._sequence as built_from
from {{ ref('base_patients') }} as patients
inner join {{ ref('patient_pseudonyms') }} as names on names.patient_id = patients.patient_id
{%- if is_incremental() %}
left join {{ this }} as known on known.patient_id = patients.patient_id
where known.built_from is distinct from patients._sequence
  or known.patient_pseudonym is distinct from names.patient_pseudonym
{%- endif %}
