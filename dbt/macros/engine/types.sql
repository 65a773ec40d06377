{# The engine's name of a type of hospital/catalog.ts: bigint, integer, text, date, timestamp, boolean, json, numeric(p,s). #}
{% macro sql_type(type) -%}
  {{ return(adapter.dispatch('sql_type', 'hospital')(type)) }}
{%- endmacro %}

{% macro default__sql_type(type) -%}
  {{ return({'text': 'varchar', 'timestamp': 'timestamptz'}.get(type, type)) }}
{%- endmacro %}

{% macro bigquery__sql_type(type) -%}
  {#- NUMERIC holds 29 digits before the point and 9 behind it, and a cast takes no number of digits. -#}
  {%- if type.startswith('numeric(') -%}
    {%- set digits = type[8:-1].split(',') -%}
    {%- set scale = (digits[1] if digits | length > 1 else '0') | int -%}
    {{ return('numeric' if scale <= 9 and (digits[0] | int) - scale <= 29 else 'bignumeric') }}
  {%- endif -%}
  {{ return({'bigint': 'int64', 'integer': 'int64', 'text': 'string', 'boolean': 'bool'}.get(type, type)) }}
{%- endmacro %}

{# A cast that gives null where the value does not fit the type; a test has to look for these nulls. #}
{% macro cast_or_null(expression, type) -%}
  {{ return(adapter.dispatch('cast_or_null', 'hospital')(expression, type)) }}
{%- endmacro %}

{% macro default__cast_or_null(expression, type) -%}
  try_cast({{ expression }} as {{ sql_type(type) }})
{%- endmacro %}

{% macro bigquery__cast_or_null(expression, type) -%}
  {%- if type == 'json' -%}
  safe.parse_json({{ expression }}, wide_number_mode => 'exact')
  {%- else -%}
  safe_cast({{ expression }} as {{ sql_type(type) }})
  {%- endif %}
{%- endmacro %}

{# Whether a typed value is the very one that its text holds: no digit cut off, no part of a day lost. #}
{% macro is_same_value(value, type, text) -%}
  {{ return(adapter.dispatch('is_same_value', 'hospital')(value, type, text)) }}
{%- endmacro %}

{% macro default__is_same_value(value, type, text) -%}
  cast({{ value }} as {{ sql_type('text') }}) = {{ text }}
{%- endmacro %}

{# NUMERIC keeps more digits than the column has, so those of the column are counted here. #}
{% macro bigquery__is_same_value(value, type, text) -%}
  {%- if type.startswith('numeric') -%}
  {%- set digits = type[8:-1].split(',') -%}
  {%- set scale = digits[1] | int -%}
  ({{ value }} = safe_cast({{ text }} as bignumeric) and {{ value }} = round({{ value }}, {{ scale }})
    and abs({{ value }}) < cast('1e{{ (digits[0] | int) - scale }}' as bignumeric))
  {%- else -%}
  {{ default__is_same_value(value, type, text) }}
  {%- endif -%}
{%- endmacro %}
