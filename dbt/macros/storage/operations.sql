{# At the start of a run: makes the tables that run-dbt writes to, where they are missing. #}
{% macro make_operations_tables() -%}
  {%- if execute and var('offline', '') == '' and flags.WHICH in ('run', 'build', 'test') -%}
    {%- set sources = graph.sources.values() | selectattr('source_name', 'equalto', 'operations') | list -%}
    {%- if target.type == 'duckdb' -%}
      {%- do run_query('create schema if not exists ' ~ sources[0].schema) -%}
    {%- endif -%}
    {%- for table in sources -%}
      {%- set columns = [] -%}
      {%- for column in table.columns.values() -%}
        {%- do columns.append(column.name ~ ' ' ~ sql_type(column.data_type)) -%}
      {%- endfor -%}
      {%- do run_query('create table if not exists '
        ~ portable(api.Relation.create(database=target.database, schema=table.schema, identifier=table.name))
        ~ ' (' ~ columns | join(', ') ~ ')') -%}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro %}
