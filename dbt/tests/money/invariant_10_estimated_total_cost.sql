-- Invariant 10: prescriptions_enhanced holds every prescription once, and its money is days x price of the base tables.
with enhanced as (
  select count(*) as prescriptions, coalesce(sum(estimated_total_cost), 0) as total
  from {{ ref('prescriptions_enhanced') }}
),

base as (
  select
    count(*) as prescriptions,
    coalesce(sum({{ duration_days('prescriptions.duration') }} * medicines.price), 0) as total
  from {{ ref('base_prescriptions') }} as prescriptions
  left join {{ ref('base_medicines') }} as medicines on medicines.medicine_id = prescriptions.medicine_id
)

select enhanced.prescriptions, base.prescriptions as base_prescriptions
from enhanced
cross join base
where enhanced.prescriptions <> base.prescriptions or enhanced.total <> base.total
