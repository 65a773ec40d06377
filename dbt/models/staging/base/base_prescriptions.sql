-- Made from hospital/catalog.ts by local-emulators/dbt/generate.ts: do not edit.
-- depends_on: {{ ref('load_watermark') }}
with current_rows as (
  {{ current_changes(source('raw', 'prescriptions_changes')) }}
)

select
  {{ typed('prescription_id', 'bigint') }} as prescription_id,
  {{ typed('patient_id', 'bigint') }} as patient_id,
  {{ typed('doctor_id', 'bigint') }} as doctor_id,
  {{ typed('medicine_id', 'bigint') }} as medicine_id,
  {{ typed('visit_id', 'bigint') }} as visit_id,
  {{ typed('prescribed_at', 'timestamp') }} as prescribed_at,
  {{ typed('dosage', 'text') }} as dosage,
  {{ typed('duration', 'text') }} as duration,
  _sequence,
  _committed_at,
  _loaded_at
from current_rows
