{#
  Marts that lie by patient make a patient's rows again when the fingerprint (patient_fingerprints) or the pseudonym is
  not the one that they were built from.
#}

{# Of every table the patients that it names. #}
{% macro patients_named_anywhere() -%}
  {%- for table in ['base_patients', 'base_visits', 'base_prescriptions', 'base_billing_payments'] %}
  select patient_id from {{ ref(table) }} where patient_id is not null
  {%- if not loop.last %}
  union distinct
  {%- endif %}
  {%- endfor %}
{%- endmacro %}

{# Before an incremental run: takes out patients whom no table names any more. #}
{% macro remove_unused_pseudonyms() -%}
  {%- if is_incremental() -%}
  delete from {{ this }} where patient_id not in ({{ patients_named_anywhere() }})
  {%- endif -%}
{%- endmacro %}

{# Patients to make: patient_id, patient_pseudonym, fingerprint. #}
{% macro patients_to_make() %}
  select now.patient_id, names.patient_pseudonym, now.fingerprint
  from {{ ref('patient_fingerprints') }} as now
  inner join {{ ref('patient_pseudonyms') }} as names on names.patient_id = now.patient_id
  {%- if is_incremental() %}
  left join (
    select patient_pseudonym, min(built_from) as lowest, max(built_from) as highest
    from {{ this }}
    group by patient_pseudonym
  ) as built on built.patient_pseudonym = names.patient_pseudonym
  where built.lowest is distinct from now.fingerprint or built.highest is distinct from now.fingerprint
  {%- endif %}
{% endmacro %}

{# Before an incremental run: takes out patients of whom nothing is left, and pseudonyms of another key. #}
{% macro remove_lost_patients() -%}
  {%- if is_incremental() -%}
  delete from {{ this }} where patient_pseudonym not in (
    select names.patient_pseudonym
    from {{ ref('patient_pseudonyms') }} as names
    inner join {{ ref('patient_fingerprints') }} as now on now.patient_id = names.patient_id
  )
  {%- endif -%}
{%- endmacro %}

{# Before an incremental run: takes out visits that no table names any more. #}
{% macro remove_lost_visits() -%}
  {%- if is_incremental() -%}
  delete from {{ this }} where visit_id not in (select visit_id from {{ ref('visit_members') }} where visit_id is not null)
  {%- endif -%}
{%- endmacro %}

{# Before an incremental run: takes out patients who are not there any more. #}
{% macro remove_gone_patients() -%}
  {%- if is_incremental() -%}
  delete from {{ this }} where patient_id not in (select patient_id from {{ ref('base_patients') }})
  {%- endif -%}
{%- endmacro %}
