{#
  References without the name of the database on DuckDB: a view holds this text, and there the database is called as its
  file is, also when the file was copied or attached under another name.
#}
{% macro ref() -%}
  {{ return(portable(builtins.ref(*varargs, **kwargs))) }}
{%- endmacro %}

{% macro source() -%}
  {{ return(portable(builtins.source(*varargs, **kwargs))) }}
{%- endmacro %}

{% macro portable(relation) -%}
  {{ return(relation.include(database=false) if target.type == 'duckdb' else relation) }}
{%- endmacro %}

{# A name that is a word of SQL as well. #}
{% macro named(name) -%}
  {{ adapter.quote(name) }}
{%- endmacro %}
