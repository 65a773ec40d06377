-- Made from hospital/catalog.ts by local-emulators/dbt/generate.ts: do not edit.
{{ change_lags({
  'doctors': source('raw', 'doctors_changes'),
  'patients': source('raw', 'patients_changes'),
  'medicines': source('raw', 'medicines_changes'),
  'visits': source('raw', 'visits_changes'),
  'prescriptions': source('raw', 'prescriptions_changes'),
  'billing_payments': source('raw', 'billing_payments_changes'),
}) }}
