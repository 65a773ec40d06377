-- Made from hospital/catalog.ts by local-emulators/dbt/generate.ts: do not edit.
-- depends_on: {{ ref('load_watermark') }}
{{ config(unique_key='row_key', cluster_by=['medicine_id'], meta={'bounds': 'medicine_id'}) }}
{{ latest_changes(
  table='medicines',
  changes=source('raw', 'medicines_changes'),
  key='medicine_id',
  columns={
    'medicine_id': 'bigint',
    'name': 'text',
    'category': 'text',
    'manufacturer': 'text',
    'price': 'numeric(10,2)',
  }
) }}
