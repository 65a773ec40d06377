-- Made from hospital/catalog.ts by local-emulators/dbt/generate.ts: do not edit.
-- depends_on: {{ ref('load_watermark') }}
{{ config(unique_key='row_key', cluster_by=['doctor_id'], meta={'bounds': 'doctor_id'}) }}
{{ latest_changes(
  table='doctors',
  changes=source('raw', 'doctors_changes'),
  key='doctor_id',
  columns={
    'doctor_id': 'bigint',
    'name': 'text',
    'specialization': 'text',
    'experience_years': 'integer',
    'contact_info': 'text',
  }
) }}
