-- Made from hospital/catalog.ts by local-emulators/dbt/generate.ts: do not edit.
-- depends_on: {{ ref('load_watermark') }}
{{ config(unique_key='row_key', cluster_by=['billing_id'], partition_by=by_month('billing_date', 'date'), meta={'bounds': 'billing_id'}) }}
{{ latest_changes(
  table='billing_payments',
  changes=source('raw', 'billing_payments_changes'),
  key='billing_id',
  columns={
    'billing_id': 'bigint',
    'patient_id': 'bigint',
    'visit_id': 'bigint',
    'billing_date': 'date',
    'total_amount': 'numeric(10,2)',
    'payment_status': 'text',
  }
) }}
