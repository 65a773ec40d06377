{#
  dbt's own, except when the project is compiled without a warehouse (var `offline`): then the branch that the var names,
  `full` or `incremental`. A unit test that says nothing of it tests the full one.
#}
{% macro is_incremental() -%}
  {%- if var('offline', '') == '' -%}
    {{ return(dbt.is_incremental() if this else false) }}
  {%- endif -%}
  {{ return(var('offline') == 'incremental' and config.get('materialized') == 'incremental') }}
{%- endmacro %}

{# Rows of a query that is needed to write another one, so that this has constants, by which both engines skip storage. #}
{% macro rows_now(sql) -%}
  {%- if not execute -%}{{ return([]) }}{%- endif -%}
  {%- set found = [] -%}
  {%- for row in run_query(sql).rows -%}{%- do found.append(row.values()) -%}{%- endfor -%}
  {{ return(found) }}
{%- endmacro %}

{# A time as a constant. #}
{% macro time_literal(text) -%}
  cast('{{ text }}' as {{ sql_type('timestamp') }})
{%- endmacro %}

{# A date as a constant. #}
{% macro date_literal(text) -%}
  cast('{{ text }}' as date)
{%- endmacro %}

{# The newest loadedAt that an incremental model has, as text; none while it is empty. #}
{% macro loaded_until(column='_loaded_at') -%}
  {%- if var('offline', '') != '' -%}{{ return('2026-06-01 00:00:00+00') }}{%- endif -%}
  {%- set found = rows_now('select cast(max(' ~ column ~ ') as ' ~ sql_type('text') ~ ') from ' ~ this) -%}
  {{ return(found[0][0] if found else none) }}
{%- endmacro %}

{#
  True of changes that came into the log since `until`. What was loaded at that very time is looked at again, which does
  no harm.
#}
{% macro is_new(table, until) -%}
  {{ return(adapter.dispatch('is_new', 'hospital')(table, until)) }}
{%- endmacro %}

{% macro default__is_new(table, until) -%}
  loadedAt >= {{ time_literal(until) }}
{%- endmacro %}

{#
  On BigQuery loads may end in another order than they began, so the last hour is looked at again. The log lies by day
  of commit, and the ledger of loads says which days have something new.
#}
{% macro bigquery__is_new(table, until) -%}
  {%- set since = 'timestamp_sub(' ~ time_literal(until) ~ ', interval ' ~ var('late_loads_minutes') ~ ' minute)' -%}
  loadedAt >= {{ since }} and {{ on_commit_days(days_with_news(table, since)) }}
{%- endmacro %}

{# UTC days (YYYY-MM-DD) of commits that loads since a time brought; none when the ledger can't tell. #}
{% macro days_with_news(table, since) -%}
  {%- if var('offline', '') != '' -%}{{ return(['2026-05-30', '2026-05-31', '2026-06-02']) }}{%- endif -%}
  {%- set day -%}
    cast(safe.parse_date('%Y%m%d', regexp_extract(object, r'/date=([0-9]{8})/')) as string)
  {%- endset -%}
  {%- set found = rows_now("select distinct " ~ day ~ " from " ~ source('raw', 'load_objects')
    ~ " where tableName = '" ~ table ~ "' and (state = 'planned' or doneAt >= " ~ since ~ ")") -%}
  {%- set days = found | map('first') | list -%}
  {{ return(none if none in days else days | sort) }}
{%- endmacro %}

{# True of commits on some days, in so many ranges as there are runs of days. #}
{% macro on_commit_days(days) -%}
  {%- if days is none -%}{{ return('true') }}{%- endif -%}
  {%- if days | length == 0 -%}{{ return('false') }}{%- endif -%}
  {%- set runs = [] -%}
  {%- for day in days -%}
    {%- set after = (modules.datetime.date.fromisoformat(day) + modules.datetime.timedelta(days=1)).isoformat() -%}
    {%- if runs and runs[-1].after == day -%}
      {%- do runs[-1].update({'after': after}) -%}
    {%- else -%}
      {%- do runs.append({'first': day, 'after': after}) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- set runs = runs if runs | length <= 50 else [{'first': runs[0].first, 'after': runs[-1].after}] -%}
  {%- set parts = [] -%}
  {%- for run in runs -%}
    {%- do parts.append("(committedAt >= timestamp '" ~ run.first ~ "' and committedAt < timestamp '" ~ run.after ~ "')") -%}
  {%- endfor -%}
  {{ return('(' ~ parts | join(' or ') ~ ')') }}
{%- endmacro %}
