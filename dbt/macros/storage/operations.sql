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

{# Writes a run into the log that pipeline_runs shows. run: columns of pipeline_runs_log but finished_at. #}
{% macro record_run(run) -%}
  {%- set log = graph.sources.values()
    | selectattr('source_name', 'equalto', 'operations') | selectattr('name', 'equalto', 'pipeline_runs_log') | first -%}
  {%- set values = [] -%}
  {%- for column in log.columns.values() -%}
    {%- if column.name == 'finished_at' -%}
      {%- do values.append(now()) -%}
    {%- elif run.get(column.name) is none -%}
      {%- do values.append('cast(null as ' ~ sql_type(column.data_type) ~ ')') -%}
    {%- else -%}
      {%- set text = run[column.name] | string | replace('\\', ' ') | replace("'", ' ') -%}
      {%- do values.append("cast('" ~ text ~ "' as " ~ sql_type(column.data_type) ~ ')') -%}
    {%- endif -%}
  {%- endfor -%}
  {%- set relation = portable(api.Relation.create(database=target.database, schema=log.schema, identifier=log.name)) -%}
  {%- do run_query('insert into ' ~ relation ~ ' (' ~ log.columns.values() | map(attribute='name') | join(', ') ~ ') values ('
    ~ values | join(', ') ~ ')') -%}
  {%- if target.type == 'duckdb' -%}{%- do adapter.commit() -%}{%- endif -%}
{%- endmacro %}
