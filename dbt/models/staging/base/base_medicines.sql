-- Made from hospital/catalog.ts by local-emulators/dbt/generate.ts: do not edit.
-- depends_on: {{ ref('load_watermark') }}
with current_rows as (
  {{ current_changes(source('raw', 'medicines_changes')) }}
)

select
  {{ typed('medicine_id', 'bigint') }} as medicine_id,
  {{ typed('name', 'text') }} as name,
  {{ typed('category', 'text') }} as category,
  {{ typed('manufacturer', 'text') }} as manufacturer,
  {{ typed('price', 'numeric(10,2)') }} as price,
  _sequence,
  _committed_at,
  _loaded_at
from current_rows
