select
  bills.billing_id,
  bills.patient_id,
  bills.visit_id,
  bills.billing_date,
  bills.total_amount,
  bills.payment_status,
  bills.payment_status = 'Paid' as is_paid,
  {{ days_between('visits.visit_date', 'bills.billing_date') }} as days_to_bill
from {{ ref('base_billing_payments') }} as bills
left join {{ ref('base_visits') }} as visits on visits.visit_id = bills.visit_id
