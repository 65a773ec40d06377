-- Made from hospital/catalog.ts by local-emulators/dbt/generate.ts: do not edit.
-- depends_on: {{ ref('load_watermark') }}
with current_rows as (
  {{ current_changes(source('raw', 'doctors_changes')) }}
)

select
  {{ typed('doctor_id', 'bigint') }} as doctor_id,
  {{ typed('name', 'text') }} as name,
  {{ typed('specialization', 'text') }} as specialization,
  {{ typed('experience_years', 'integer') }} as experience_years,
  {{ typed('contact_info', 'text') }} as contact_info,
  _sequence,
  _committed_at,
  _loaded_at
from current_rows
