select
  medicine_id,
  name,
  category,
  manufacturer,
  price,
  case
    when price is null then 'Unknown'
    when price < 10 then 'Low-cost'
    when price <= 50 then 'Medium-cost'
    else 'High-cost'
  end as price_category
from {{ ref('base_medicines') }}
