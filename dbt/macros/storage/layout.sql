{# On BigQuery a partition a month of a date or timestamp; DuckDB has none. #}
{% macro by_month(field, data_type='date') -%}
  {%- if target.type == 'bigquery' -%}
    {{ return({'field': field, 'data_type': data_type, 'granularity': 'month'}) }}
  {%- endif -%}
{%- endmacro %}

{#
  A merge looks only where keys between the lowest and the highest that it brings may lie: a table names its column of
  keys as meta `bounds`, which it is clustered by.
#}
{% macro bigquery__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
  {%- set predicates = [] + (incremental_predicates or []) -%}
  {%- set column = config.get('meta', {}).get('bounds') -%}
  {%- if column -%}
    {%- set bounds = key_bounds(source, column) -%}
    {%- if bounds -%}
      {%- do predicates.append('DBT_INTERNAL_DEST.' ~ column ~ ' between ' ~ bounds[0] ~ ' and ' ~ bounds[1]) -%}
    {%- endif -%}
  {%- endif -%}
  {{ return(dbt.default__get_merge_sql(target, source, unique_key, dest_columns, predicates)) }}
{%- endmacro %}

{# The lowest and highest of a column of whole numbers; none where there are none. #}
{% macro key_bounds(rows, column) -%}
  {%- if var('offline', '') != '' -%}{{ return([-1000, 1000]) }}{%- endif -%}
  {%- set found = rows_now('select min(' ~ column ~ '), max(' ~ column ~ ') from ' ~ rows) -%}
  {{ return(found[0] if found and found[0][0] is not none else none) }}
{%- endmacro %}

{# How a mart replaces rows by their key. #}
{% macro by_key() -%}
  {{ return('merge' if target.type == 'bigquery' else 'delete+insert') }}
{%- endmacro %}
