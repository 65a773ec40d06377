{#
  A contract names types as hospital/catalog.ts does, once for both engines; these put the engine's own names where dbt
  compares the contract with the query and where it makes the table.
#}
{% macro in_engine_types(columns) -%}
  {%- set typed = {} -%}
  {%- for name, column in columns.items() -%}
    {%- do typed.update({name: dict(column, data_type=sql_type(column['data_type']))}) -%}
  {%- endfor -%}
  {{ return(typed) }}
{%- endmacro %}

{% macro default__get_empty_schema_sql(columns) -%}
  {%- set casts = [] -%}
  {%- for name, column in in_engine_types(columns).items() -%}
    {%- do casts.append('cast(null as ' ~ column['data_type'] ~ ') as ' ~ name) -%}
  {%- endfor -%}
  select {{ casts | join(', ') }} where false
{%- endmacro %}

{% macro bigquery__get_empty_schema_sql(columns) -%}
  {%- set casts = [] -%}
  {%- for name, column in in_engine_types(columns).items() -%}
    {%- do casts.append('cast(null as ' ~ column['data_type'] ~ ') as ' ~ name) -%}
  {%- endfor -%}
  select {{ casts | join(', ') }} from (select 1) where false
{%- endmacro %}

{% macro default__get_table_columns_and_constraints() -%}
  ({{ adapter.render_raw_columns_constraints(raw_columns=in_engine_types(model['columns'])) | join(', ') }})
{%- endmacro %}

{% macro bigquery__get_table_columns_and_constraints() -%}
  {{ default__get_table_columns_and_constraints() }}
{%- endmacro %}
