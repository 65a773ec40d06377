{{ config(
  materialized='incremental',
  unique_key='month_start', partition_by=by_month('month_start'),
  pre_hook="{{ remove_empty_months('visits') }}"
) }}
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
  where {{ in_months('month_start', stale_months('visits')) }}
  group by month_start, visit_year, visit_month
)

select
  months.month_start,
  months.visit_year,
  months.visit_month,
  months.total_visits,
  months.unique_patients,
  months.unique_doctors,
  months.total_revenue,
  {{ exact_ratio('months.total_revenue', 'months.visits_with_cost', 2) }} as average_visit_cost,
  cast(months.high_cost_visits as {{ sql_type('bigint') }}) as high_cost_visits,
  {{ exact_ratio('months.high_cost_visits', 'months.visits_with_cost', 4) }} as high_cost_share,
  made.fingerprint as built_from
from months
inner join {{ months_of('visits') }} as made on made.month_start = months.month_start
