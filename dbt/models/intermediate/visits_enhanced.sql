select
  visit_id,
  patient_id,
  doctor_id,
  visit_date,
  diagnosis,
  total_cost,
  case
    when total_cost is null then 'Unknown'
    when total_cost > 500 then 'High-cost'
    when total_cost > 200 then 'Medium-cost'
    else 'Low-cost'
  end as cost_category,
  {{ date_part_of('year', 'visit_date') }} as visit_year,
  {{ date_part_of('month', 'visit_date') }} as visit_month,
  {{ month_start('visit_date') }} as month_start
from {{ ref('base_visits') }}
