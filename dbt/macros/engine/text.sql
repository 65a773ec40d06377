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

{# An array of the words of a text: letters of any alphabet, three and more. #}
{% macro words_of(text) -%}
  {{ return(adapter.dispatch('words_of', 'hospital')(text)) }}
{%- endmacro %}

{% macro default__words_of(text) -%}
  regexp_extract_all({{ text }}, '\p{L}{3,}')
{%- endmacro %}

{% macro bigquery__words_of(text) -%}
  regexp_extract_all({{ text }}, r'\p{L}{3,}')
{%- endmacro %}

{# The values of an array as rows of one column, to cross join with. #}
{% macro unnested(array, name) -%}
  {{ return(adapter.dispatch('unnested', 'hospital')(array, name)) }}
{%- endmacro %}

{% macro default__unnested(array, name) -%}
  unnest({{ array }}) as unnested_values({{ name }})
{%- endmacro %}

{% macro bigquery__unnested(array, name) -%}
  unnest({{ array }}) as {{ name }}
{%- endmacro %}
