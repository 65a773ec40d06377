-- Made from hospital/catalog.ts by local-emulators/dbt/generate.ts: do not edit.
select 'doctors' as table_name, max(loadedAt) as loaded_at from {{ source('raw', 'doctors_changes') }}
union all
select 'patients' as table_name, max(loadedAt) as loaded_at from {{ source('raw', 'patients_changes') }}
union all
select 'medicines' as table_name, max(loadedAt) as loaded_at from {{ source('raw', 'medicines_changes') }}
union all
select 'visits' as table_name, max(loadedAt) as loaded_at from {{ source('raw', 'visits_changes') }}
union all
select 'prescriptions' as table_name, max(loadedAt) as loaded_at from {{ source('raw', 'prescriptions_changes') }}
union all
select 'billing_payments' as table_name, max(loadedAt) as loaded_at from {{ source('raw', 'billing_payments_changes') }}
