-- Made from hospital/catalog.ts by local-emulators/dbt/generate.ts: do not edit.
-- depends_on: {{ ref('load_watermark') }}
{{ config(unique_key='patient_id', pre_hook="{{ remove_gone('patients', 'patient_id') }}") }}
{{ current_rows('patients', 'patient_id', ['patient_id', 'full_name', 'date_of_birth', 'gender', 'blood_type', 'contact_info', 'insurance_id']) }}
