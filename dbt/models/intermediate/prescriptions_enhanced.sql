with prescriptions as (
  select
    prescription_id,
    patient_id,
    doctor_id,
    medicine_id,
    visit_id,
    prescribed_at,
    dosage,
    duration,
    {{ duration_days('duration') }} as duration_days
  from {{ ref('base_prescriptions') }}
)

select
  prescriptions.prescription_id,
  prescriptions.patient_id,
  prescriptions.doctor_id,
  prescriptions.medicine_id,
  prescriptions.visit_id,
  prescriptions.prescribed_at,
  prescriptions.dosage,
  prescriptions.duration,
  prescriptions.duration_days,
  prescriptions.duration_days is not null as duration_is_priced,
  medicines.name as medicine_name,
  medicines.price as price_a_day,
  cast(prescriptions.duration_days * medicines.price as {{ sql_type('numeric(31,2)') }}) as estimated_total_cost
from prescriptions
left join {{ ref('medicines') }} as medicines on medicines.medicine_id = prescriptions.medicine_id
