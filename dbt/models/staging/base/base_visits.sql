-- Made from hospital/catalog.ts by local-emulators/dbt/generate.ts: do not edit.
-- depends_on: {{ ref('load_watermark') }}
with current_rows as (
  {{ current_changes(source('raw', 'visits_changes')) }}
)

select
  {{ typed('visit_id', 'bigint') }} as visit_id,
  {{ typed('patient_id', 'bigint') }} as patient_id,
  {{ typed('doctor_id', 'bigint') }} as doctor_id,
  {{ typed('visit_date', 'date') }} as visit_date,
  {{ typed('diagnosis', 'text') }} as diagnosis,
  {{ typed('total_cost', 'numeric(10,2)') }} as total_cost,
  _sequence,
  _committed_at,
  _loaded_at
from current_rows
