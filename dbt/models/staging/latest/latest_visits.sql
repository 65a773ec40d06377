-- Made from hospital/catalog.ts by local-emulators/dbt/generate.ts: do not edit.
-- depends_on: {{ ref('load_watermark') }}
{{ config(unique_key='row_key', cluster_by=['visit_id'], partition_by=by_month('visit_date', 'date'), meta={'bounds': 'visit_id'}) }}
{{ latest_changes(
  table='visits',
  changes=source('raw', 'visits_changes'),
  key='visit_id',
  columns={
    'visit_id': 'bigint',
    'patient_id': 'bigint',
    'doctor_id': 'bigint',
    'visit_date': 'date',
    'diagnosis': 'text',
    'total_cost': 'numeric(10,2)',
  }
) }}
