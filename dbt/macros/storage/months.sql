{#
  Marts that lie by month make a month again when the fingerprint of its facts (month_fingerprints) is not the one that
  the mart's rows of it were built from.
#}

{# Months (YYYY-MM-DD) that an incremental run makes again; none when all are made. facts: visits, prescriptions or bills. #}
{% macro stale_months(facts) -%}
  {%- if not is_incremental() -%}{{ return(none) }}{%- endif -%}
  {%- if var('offline', '') != '' -%}{{ return(['2026-01-01', '2026-02-01']) }}{%- endif -%}
  {%- set found = rows_now(
    'select cast(now.month_start as ' ~ sql_type('text') ~ ') from ' ~ ref('month_fingerprints') ~ ' as now'
    ~ ' left join (select month_start, min(built_from) as lowest, max(built_from) as highest from ' ~ this
    ~ ' group by month_start) as built on built.month_start = now.month_start'
    ~ " where now.facts = '" ~ facts ~ "' and now.month_start is not null"
    ~ ' and (built.lowest is distinct from now.fingerprint or built.highest is distinct from now.fingerprint)'
    ~ ' order by 1') -%}
  {{ return(found | map('first') | list) }}
{%- endmacro %}

{# True of rows that lie in some months; of all when months is none. #}
{% macro in_months(column, months) -%}
  {%- if months is none -%}
  true
  {%- elif months | length == 0 -%}
  false
  {%- else -%}
  {{ column }} in ({% for month in months %}{{ date_literal(month) }}{{ ', ' if not loop.last }}{% endfor %})
  {%- endif -%}
{%- endmacro %}

{# The fingerprints to write beside rows: one row a month. #}
{% macro months_of(facts) -%}
  (select month_start, fingerprint from {{ ref('month_fingerprints') }} where facts = '{{ facts }}')
{%- endmacro %}

{# Before an incremental run: takes out months that have no facts any more. #}
{% macro remove_empty_months(facts) -%}
  {%- if is_incremental() -%}
  delete from {{ this }} where month_start not in (
    select month_start from {{ ref('month_fingerprints') }} where facts = '{{ facts }}' and month_start is not null
  )
  {%- endif -%}
{%- endmacro %}
