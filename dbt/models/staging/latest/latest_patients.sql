-- Made from hospital/catalog.ts by local-emulators/dbt/generate.ts: do not edit.
-- depends_on: {{ ref('load_watermark') }}
{{ config(unique_key='row_key', cluster_by=['patient_id'], meta={'bounds': 'patient_id'}) }}
{{ latest_changes(
  table='patients',
  changes=source('raw', 'patients_changes'),
  key='patient_id',
  columns={
    'patient_id': 'bigint',
    'full_name': 'text',
    'date_of_birth': 'date',
    'gender': 'text',
    'blood_type': 'text',
    'contact_info': 'text',
    'insurance_id': 'text',
  }
) }}
