-- Invariant 10: prescriptions_enhanced holds every prescription once, and its money is days x the price of the day: of the
-- newest price that was committed by then, or of the first one where there was none yet.
with enhanced as (
  select count(*) as prescriptions, coalesce(sum(estimated_total_cost), 0) as total
  from {{ ref('prescriptions_enhanced') }}
),

candidates as (
  select
    prescriptions.prescription_id,
    {{ duration_days('prescriptions.duration') }} * prices.price as cost,
    row_number() over (
      partition by prescriptions.prescription_id
      order by
        case when prices.valid_from <= prescriptions.prescribed_at then 0 else 1 end,
        case when prices.valid_from <= prescriptions.prescribed_at then prices.version end desc,
        prices.version
    ) as place
  from {{ ref('base_prescriptions') }} as prescriptions
  left join {{ ref('medicine_prices') }} as prices on prices.medicine_id = prescriptions.medicine_id
),

base as (
  select count(*) as prescriptions, coalesce(sum(cost), 0) as total
  from candidates
  where place = 1
)

select enhanced.prescriptions, base.prescriptions as base_prescriptions
from enhanced
cross join base
where enhanced.prescriptions <> base.prescriptions or enhanced.total <> base.total
