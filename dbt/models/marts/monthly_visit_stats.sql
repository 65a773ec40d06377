with months as (
  select
    month_start,
    visit_year,
    visit_month,
    count(*) as total_visits,
    count(distinct patient_id) as unique_patients,
    count(distinct doctor_id) as unique_doctors,
    {{ money_sum('total_cost') }} as total_revenue,
    count(total_cost) as visits_with_cost,
    sum(case when cost_category = 'High-cost' then 1 else 0 end) as high_cost_visits
  from {{ ref('visits_enhanced') }}
  group by month_start, visit_year, visit_month
)

select
  month_start,
  visit_year,
  visit_month,
  total_visits,
  unique_patients,
  unique_doctors,
  total_revenue,
  {{ exact_ratio('total_revenue', 'visits_with_cost', 2) }} as average_visit_cost,
  cast(high_cost_visits as {{ sql_type('bigint') }}) as high_cost_visits,
  {{ exact_ratio('high_cost_visits', 'visits_with_cost', 4) }} as high_cost_share
from months
