-- Made from hospital/catalog.ts by local-emulators/dbt/generate.ts: do not edit.
-- depends_on: {{ ref('load_watermark') }}
{{ config(unique_key='visit_id', pre_hook="{{ remove_gone('visits', 'visit_id') }}") }}
{{ current_rows('visits', 'visit_id', ['visit_id', 'patient_id', 'doctor_id', 'visit_date', 'diagnosis', 'total_cost']) }}
