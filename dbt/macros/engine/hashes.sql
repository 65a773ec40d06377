{#
  A whole number that is another one when one of some values is another, null too. It is the engine's own: compare it
  with numbers of the same engine only.
#}
{% macro version_of(values) -%}
  {{ return(adapter.dispatch('version_of', 'hospital')(values)) }}
{%- endmacro %}

{# Twice: DuckDB's hash of several values is linear in the last one, so that such hashes would cancel each other out. #}
{% macro default__version_of(values) -%}
  cast(hash(hash({{ values | join(', ') }})) >> 1 as bigint)
{%- endmacro %}

{% macro bigquery__version_of(values) -%}
  farm_fingerprint(to_json_string([{% for value in values %}to_json_string({{ value }}){{ ', ' if not loop.last }}{% endfor %}]))
{%- endmacro %}

{# A text that is another one when a row of a group comes, goes or has another version, whatever the order of rows. #}
{% macro fingerprint(version) -%}
  concat(cast(count(*) as {{ sql_type('text') }}), ':', cast(bit_xor({{ version }}) as {{ sql_type('text') }}))
{%- endmacro %}

{#
  The name that a patient has in marts: HMAC-SHA-256 of the id under the key of this installation (64 hex digits), 128 bits
  of it in hex. Equal on both engines.
#}
{% macro pseudonym(patient_id, key_hex) -%}
  {%- set message = "concat('patient:', cast(" ~ patient_id ~ " as " ~ sql_type('text') ~ "))" -%}
  {{ return(adapter.dispatch('pseudonym', 'hospital')(message, key_hex)) }}
{%- endmacro %}

{% macro default__pseudonym(message, key_hex) -%}
  {%- set key = 'cast(unhex(rpad(' ~ key_hex ~ ", 128, '0')) as bit)" -%}
  left(sha256(
    cast(xor({{ key }}, cast(unhex(repeat('5c', 64)) as bit)) as blob)
    || unhex(sha256(cast(xor({{ key }}, cast(unhex(repeat('36', 64)) as bit)) as blob) || encode({{ message }})))
  ), 32)
{%- endmacro %}

{% macro bigquery__pseudonym(message, key_hex) -%}
  {%- set key = 'rpad(from_hex(' ~ key_hex ~ "), 64, b'\\x00')" -%}
  left(to_hex(sha256(concat(
    {{ key }} ^ repeat(b'\x5c', 64),
    sha256(concat({{ key }} ^ repeat(b'\x36', 64), cast({{ message }} as bytes)))
  ))), 32)
{%- endmacro %}
