{# The first day of a date's month. #}
{% macro month_start(date) -%}
  {{ return(adapter.dispatch('month_start', 'hospital')(date)) }}
{%- endmacro %}

{% macro default__month_start(date) -%}
  cast(date_trunc('month', {{ date }}) as date)
{%- endmacro %}

{% macro bigquery__month_start(date) -%}
  date_trunc({{ date }}, month)
{%- endmacro %}

{# Whole days from one date to another; negative when the second is earlier. #}
{% macro days_between(earlier, later) -%}
  {{ return(adapter.dispatch('days_between', 'hospital')(earlier, later)) }}
{%- endmacro %}

{% macro default__days_between(earlier, later) -%}
  date_diff('day', {{ earlier }}, {{ later }})
{%- endmacro %}

{% macro bigquery__days_between(earlier, later) -%}
  date_diff({{ later }}, {{ earlier }}, day)
{%- endmacro %}

{# The year, month or day of a date as a whole number. #}
{% macro date_part_of(part, date) -%}
  {{ return(adapter.dispatch('date_part_of', 'hospital')(part, date)) }}
{%- endmacro %}

{% macro default__date_part_of(part, date) -%}
  cast(extract({{ part }} from {{ date }}) as {{ sql_type('integer') }})
{%- endmacro %}
