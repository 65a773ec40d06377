-- Made from hospital/catalog.ts by local-emulators/dbt/generate.ts: do not edit.
-- depends_on: {{ ref('load_watermark') }}
{{ config(unique_key='doctor_id', pre_hook="{{ remove_gone('doctors', 'doctor_id') }}") }}
{{ current_rows('doctors', 'doctor_id', ['doctor_id', 'name', 'specialization', 'experience_years', 'contact_info']) }}
