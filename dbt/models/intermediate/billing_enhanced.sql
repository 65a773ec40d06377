select
  bills.billing_id,
  bills.patient_id,
  bills.visit_id,
  visits.doctor_id,
  coalesce(doctors.name, 'Unknown') as doctor_name,
  coalesce(doctors.specialization, 'Unknown') as specialization,
  bills.billing_date,
  {{ month_start('bills.billing_date') }} as month_start,
  bills.total_amount,
  bills.payment_status,
  bills.payment_status = 'Paid' as is_paid,
  {{ days_between('visits.visit_date', 'bills.billing_date') }} as days_to_bill,
  {{ version_of([
    'bills.billing_id', 'bills._sequence', 'visits._sequence', 'doctors.name', 'doctors.specialization'
  ]) }} as _version
from {{ ref('base_billing_payments') }} as bills
left join {{ ref('base_visits') }} as visits on visits.visit_id = bills.visit_id
left join {{ ref('doctors') }} as doctors on doctors.doctor_id = visits.doctor_id
