-- Made from hospital/catalog.ts by local-emulators/dbt/generate.ts: do not edit.
-- depends_on: {{ ref('load_watermark') }}
{{ config(unique_key='prescription_id', pre_hook="{{ remove_gone('prescriptions', 'prescription_id') }}") }}
{{ current_rows('prescriptions', 'prescription_id', ['prescription_id', 'patient_id', 'doctor_id', 'medicine_id', 'visit_id', 'prescribed_at', 'dosage', 'duration']) }}
