{# The ICD-10 code that a diagnosis begins with; null when it begins otherwise. #}
{% macro diagnosis_code(diagnosis) -%}
  {{ regexp_group(diagnosis, '^([A-Z][0-9][0-9A-Z](?:[.][0-9A-Z]{1,4})?)(?:\s|$)') }}
{%- endmacro %}

{# A diagnosis without its code; the whole of it when there is none, or nothing else. #}
{% macro diagnosis_name(diagnosis) -%}
  coalesce({{ regexp_group(diagnosis, '^[A-Z][0-9][0-9A-Z](?:[.][0-9A-Z]{1,4})?\s+(\S.*)$') }}, {{ diagnosis }})
{%- endmacro %}
