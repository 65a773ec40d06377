{# A sum of money, exact, 0 over no rows: what is not known yet (null) adds nothing. #}
{% macro money_sum(expression) -%}
  cast(coalesce(sum({{ expression }}), 0) as {{ sql_type('numeric(31,2)') }})
{%- endmacro %}

{#
  numerator / denominator as an exact decimal, rounded half away from zero; null when the denominator is 0. Division
  and avg() of decimals are floating point on DuckDB, so it divides whole numbers there.
#}
{% macro exact_ratio(numerator, denominator, scale) -%}
  {{ return(adapter.dispatch('exact_ratio', 'hospital')(numerator, denominator, scale)) }}
{%- endmacro %}

{% macro default__exact_ratio(numerator, denominator, scale) -%}
  {%- set units = 'cast((' ~ numerator ~ ') * ' ~ 10 ** scale ~ ' as hugeint)' -%}
  {%- set by = 'nullif(cast(' ~ denominator ~ ' as hugeint), 0)' -%}
  {%- set unit = '0.' ~ '0' * (scale - 1) ~ '1' -%}
  cast(
    cast(sign({{ units }}) * ((2 * abs({{ units }}) + {{ by }}) // (2 * {{ by }})) as decimal(31, 0))
    * cast('{{ unit }}' as decimal({{ scale + 1 }}, {{ scale }})) as decimal(31, {{ scale }})
  )
{%- endmacro %}

{% macro bigquery__exact_ratio(numerator, denominator, scale) -%}
  round(cast({{ numerator }} as numeric) / nullif({{ denominator }}, 0), {{ scale }})
{%- endmacro %}

{# Whole milliseconds as seconds with three digits, exact. #}
{% macro seconds(milliseconds) -%}
  cast(
    cast({{ milliseconds }} as {{ sql_type('numeric(25,0)') }}) * cast('0.001' as {{ sql_type('numeric(4,3)') }})
    as {{ sql_type('numeric(31,3)') }}
  )
{%- endmacro %}
