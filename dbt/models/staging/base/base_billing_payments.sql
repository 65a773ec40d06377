-- Made from hospital/catalog.ts by local-emulators/dbt/generate.ts: do not edit.
-- depends_on: {{ ref('load_watermark') }}
with current_rows as (
  {{ current_changes(source('raw', 'billing_payments_changes')) }}
)

select
  {{ typed('billing_id', 'bigint') }} as billing_id,
  {{ typed('patient_id', 'bigint') }} as patient_id,
  {{ typed('visit_id', 'bigint') }} as visit_id,
  {{ typed('billing_date', 'date') }} as billing_date,
  {{ typed('total_amount', 'numeric(10,2)') }} as total_amount,
  {{ typed('payment_status', 'text') }} as payment_status,
  _sequence,
  _committed_at,
  _loaded_at
from current_rows
