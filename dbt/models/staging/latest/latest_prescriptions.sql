-- Made from hospital/catalog.ts by local-emulators/dbt/generate.ts: do not edit.
-- depends_on: {{ ref('load_watermark') }}
{{ config(unique_key='row_key', cluster_by=['prescription_id'], partition_by=by_month('prescribed_at', 'timestamp'), meta={'bounds': 'prescription_id'}) }}
{{ latest_changes(
  table='prescriptions',
  changes=source('raw', 'prescriptions_changes'),
  key='prescription_id',
  columns={
    'prescription_id': 'bigint',
    'patient_id': 'bigint',
    'doctor_id': 'bigint',
    'medicine_id': 'bigint',
    'visit_id': 'bigint',
    'prescribed_at': 'timestamp',
    'dosage': 'text',
    'duration': 'text',
  }
) }}
