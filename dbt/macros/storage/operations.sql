{# The statements that make the tables which run-dbt writes to. #}
{% macro operations_ddl() -%}
  {%- set statements = [] -%}
  {%- for table in graph.sources.values() | selectattr('source_name', 'equalto', 'operations') -%}
    {%- set columns = [] -%}
    {%- for column in table.columns.values() -%}
      {%- do columns.append(column.name ~ ' ' ~ sql_type(column.data_type)) -%}
    {%- endfor -%}
    {%- set relation = portable(
      api.Relation.create(database=target.database, schema=table.schema, identifier=table.name)
    ) -%}
    {%- do statements.append('create table if not exists ' ~ relation ~ ' (' ~ columns | join(', ') ~ ')') -%}
  {%- endfor -%}
  {{ return(statements) }}
{%- endmacro %}

{# At the start of a run: makes the tables that run-dbt writes to, where they are missing. #}
{% macro make_operations_tables() -%}
  {%- if execute and var('offline', '') == '' and flags.WHICH in ('run', 'build', 'test') -%}
    {%- if target.type == 'duckdb' -%}
      {%- do run_query('create schema if not exists staging') -%}
    {%- endif -%}
    {%- for statement in operations_ddl() -%}
      {%- do run_query(statement) -%}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro %}
