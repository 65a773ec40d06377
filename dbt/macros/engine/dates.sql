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

{# The day in UTC of a time. #}
{% macro utc_day(time) -%}
  {{ return(adapter.dispatch('utc_day', 'hospital')(time)) }}
{%- endmacro %}

{% macro default__utc_day(time) -%}
  cast({{ time }} at time zone 'UTC' as date)
{%- endmacro %}

{% macro bigquery__utc_day(time) -%}
  date({{ time }}, 'UTC')
{%- endmacro %}

{# Whole milliseconds from one time to another. #}
{% macro milliseconds_between(earlier, later) -%}
  {{ return(adapter.dispatch('milliseconds_between', 'hospital')(earlier, later)) }}
{%- endmacro %}

{% macro default__milliseconds_between(earlier, later) -%}
  date_diff('millisecond', {{ earlier }}, {{ later }})
{%- endmacro %}

{% macro bigquery__milliseconds_between(earlier, later) -%}
  timestamp_diff({{ later }}, {{ earlier }}, millisecond)
{%- endmacro %}

{# On BigQuery, true of times in the last seven days, so that only these days of a log are read; true on DuckDB. #}
{% macro is_recent(time) -%}
  {{ return(adapter.dispatch('is_recent', 'hospital')(time)) }}
{%- endmacro %}

{% macro default__is_recent(time) -%}
  true
{%- endmacro %}

{% macro bigquery__is_recent(time) -%}
  {{ time }} >= timestamp_sub(current_timestamp(), interval 7 day)
{%- endmacro %}

{# The time of the statement. #}
{% macro now() -%}
  {{ 'current_timestamp()' if target.type == 'bigquery' else 'current_timestamp' }}
{%- endmacro %}

{# An array of all days between two, both included. #}
{% macro days_from_to(first, last) -%}
  {{ return(adapter.dispatch('days_from_to', 'hospital')(first, last)) }}
{%- endmacro %}

{% macro default__days_from_to(first, last) -%}
  generate_series({{ date_literal(first) }}, {{ date_literal(last) }}, interval 1 day)
{%- endmacro %}

{% macro bigquery__days_from_to(first, last) -%}
  generate_date_array({{ date_literal(first) }}, {{ date_literal(last) }})
{%- endmacro %}
