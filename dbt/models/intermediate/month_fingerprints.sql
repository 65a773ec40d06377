-- Of each month what its facts are made of, so that a mart by months makes those again in which something changed.
select 'visits' as facts, month_start, {{ fingerprint('_version') }} as fingerprint
from {{ ref('visits_enhanced') }}
group by month_start
union all
select 'prescriptions' as facts, month_start, {{ fingerprint('_version') }} as fingerprint
from {{ ref('prescriptions_enhanced') }}
group by month_start
union all
select 'bills' as facts, month_start, {{ fingerprint('_version') }} as fingerprint
from {{ ref('billing_enhanced') }}
group by month_start
