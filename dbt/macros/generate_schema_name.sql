{#
  A model's schema is the layer that it names: staging, intermediate, marts or restricted. On BigQuery, where all
  environments of a project stand side by side, with the environment before it: demo_marts.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
  {%- set layer = custom_schema_name | trim if custom_schema_name else none -%}
  {%- if layer is none -%}
  {{ target.schema }}
  {%- elif target.type == 'bigquery' -%}
  {{ target.schema }}_{{ layer }}
  {%- else -%}
  {{ layer }}
  {%- endif -%}
{%- endmacro %}
