with prescriptions as (
  select
    prescription_id,
    patient_id,
    doctor_id,
    medicine_id,
    visit_id,
    prescribed_at,
    {{ utc_day('prescribed_at') }} as prescribed_on,
    dosage,
    duration,
    {{ duration_days('duration') }} as duration_days,
    _sequence
  from {{ ref('base_prescriptions') }}
),

-- The price of the day: the last one that was known by then, and the first one before there was any.
prices as (
  select
    medicine_id,
    price,
    version,
    valid_from,
    lead(valid_from) over (partition by medicine_id order by version) as next_valid_from
  from {{ ref('medicine_prices') }}
)

select
  prescriptions.prescription_id,
  prescriptions.patient_id,
  prescriptions.doctor_id,
  coalesce(doctors.name, 'Unknown') as doctor_name,
  coalesce(doctors.specialization, 'Unknown') as specialization,
  prescriptions.medicine_id,
  prescriptions.visit_id,
  prescriptions.prescribed_at,
  prescriptions.prescribed_on,
  {{ month_start('prescriptions.prescribed_on') }} as month_start,
  prescriptions.dosage,
  prescriptions.duration,
  prescriptions.duration_days,
  prescriptions.duration_days is not null as duration_is_priced,
  medicines.name as medicine_name,
  medicines.category as medicine_category,
  prices.price as price_a_day,
  cast(prescriptions.duration_days * prices.price as {{ sql_type('numeric(31,2)') }}) as estimated_total_cost,
  {{ version_of([
    'prescriptions.prescription_id', 'prescriptions._sequence', 'medicines.name', 'medicines.category', 'prices.price',
    'doctors.name', 'doctors.specialization'
  ]) }} as _version
from prescriptions
left join {{ ref('medicines') }} as medicines on medicines.medicine_id = prescriptions.medicine_id
left join prices
  on prices.medicine_id = prescriptions.medicine_id
  and (prices.version = 1 or prices.valid_from <= prescriptions.prescribed_at)
  and (prices.next_valid_from is null or prices.next_valid_from > prescriptions.prescribed_at)
left join {{ ref('doctors') }} as doctors on doctors.doctor_id = prescriptions.doctor_id
