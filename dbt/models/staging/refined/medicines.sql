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
  end as price_category,
  {{ version_of(['medicine_id', '_sequence']) }} as _version
from {{ ref('base_medicines') }}
