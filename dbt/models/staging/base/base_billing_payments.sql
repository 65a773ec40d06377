-- Made from hospital/catalog.ts by local-emulators/dbt/generate.ts: do not edit.
-- depends_on: {{ ref('load_watermark') }}
{{ config(unique_key='billing_id', pre_hook="{{ remove_gone('billing_payments', 'billing_id') }}") }}
{{ current_rows('billing_payments', 'billing_id', ['billing_id', 'patient_id', 'visit_id', 'billing_date', 'total_amount', 'payment_status']) }}
