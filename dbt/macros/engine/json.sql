{# The value of a column in a JSON row as text; null when it is absent or null. #}
{% macro json_text(json, name) -%}
  {{ return(adapter.dispatch('json_text', 'hospital')(json, name)) }}
{%- endmacro %}

{% macro default__json_text(json, name) -%}
  json_extract_string({{ json }}, '$.{{ name }}')
{%- endmacro %}

{% macro bigquery__json_text(json, name) -%}
  json_value({{ json }}, '$.{{ name }}')
{%- endmacro %}

{# Whether a JSON row has a value in a column: neither absent nor null. #}
{% macro json_has_value(json, name) -%}
  {{ return(adapter.dispatch('json_has_value', 'hospital')(json, name)) }}
{%- endmacro %}

{% macro default__json_has_value(json, name) -%}
  coalesce(json_type({{ json }}, '$.{{ name }}'), 'NULL') <> 'NULL'
{%- endmacro %}

{% macro bigquery__json_has_value(json, name) -%}
  coalesce(json_type(json_query({{ json }}, '$.{{ name }}')), 'null') <> 'null'
{%- endmacro %}

{# The JSON of a column as text, whether the row has it as a text (json, jsonb) or as it is (an array). #}
{% macro json_document(json, name) -%}
  {{ return(adapter.dispatch('json_document', 'hospital')(json, name)) }}
{%- endmacro %}

{% macro default__json_document(json, name) -%}
  {{ json_text(json, name) }}
{%- endmacro %}

{% macro bigquery__json_document(json, name) -%}
  case when {{ json_has_value(json, name) }}
    then coalesce({{ json_text(json, name) }}, to_json_string(json_query({{ json }}, '$.{{ name }}')))
  end
{%- endmacro %}
