-- Made from hospital/catalog.ts by local-emulators/dbt/generate.ts: do not edit.
-- depends_on: {{ ref('load_watermark') }}
with current_rows as (
  {{ current_changes(source('raw', 'patients_changes')) }}
)

select
  {{ typed('patient_id', 'bigint') }} as patient_id,
  {{ typed('full_name', 'text') }} as full_name,
  {{ typed('date_of_birth', 'date') }} as date_of_birth,
  {{ typed('gender', 'text') }} as gender,
  {{ typed('blood_type', 'text') }} as blood_type,
  {{ typed('contact_info', 'text') }} as contact_info,
  {{ typed('insurance_id', 'text') }} as insurance_id,
  _sequence,
  _committed_at,
  _loaded_at
from current_rows
