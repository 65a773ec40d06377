-- Made from hospital/catalog.ts by local-emulators/dbt/generate.ts: do not edit.
-- depends_on: {{ ref('load_watermark') }}
{{ config(unique_key='medicine_id', pre_hook="{{ remove_gone('medicines', 'medicine_id') }}") }}
{{ current_rows('medicines', 'medicine_id', ['medicine_id', 'name', 'category', 'manufacturer', 'price']) }}
