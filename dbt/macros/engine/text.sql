{# What the one group of a regular expression (RE2) matches; null when it does not match. #}
{% macro regexp_group(text, pattern) -%}
  {{ return(adapter.dispatch('regexp_group', 'hospital')(text, pattern)) }}
{%- endmacro %}

{% macro default__regexp_group(text, pattern) -%}
  nullif(regexp_extract({{ text }}, '{{ pattern }}', 1), '')
{%- endmacro %}

{% macro bigquery__regexp_group(text, pattern) -%}
  regexp_extract({{ text }}, r'{{ pattern }}')
{%- endmacro %}
