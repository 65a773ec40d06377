{#
  dbt's delete and insert, which says how many rows an incremental run writes and how long these are as text. Where there
  are none the table is not touched.
#}
{% macro duckdb__get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) -%}
  {%- set found = rows_now('select count(*), coalesce(sum(strlen(cast(touched as varchar))), 0) from ' ~ source ~ ' as touched') -%}
  {%- do log('touched ' ~ target.schema ~ '.' ~ target.identifier ~ ': ' ~ found[0][0] ~ ' rows, ' ~ found[0][1] ~ ' bytes', info=true) -%}
  {%- if found[0][0] == 0 -%}
  select 0 as nothing_to_do
  {%- else -%}
  {{ dbt.duckdb__get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) }}
  {%- endif -%}
{%- endmacro %}
