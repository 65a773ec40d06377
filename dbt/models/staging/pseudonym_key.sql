{% if target.type == 'duckdb' -%}
select getvariable('pseudonym_key') as key_hex
{%- else -%}
select key_hex from {{ source('keys', 'pseudonym_key_values') }}
{%- endif %}
