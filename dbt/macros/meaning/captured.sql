{#
  Captured rows taken apart: for every column its text (`<name>__text`) and what it is in JSON (`<name>__kind`: null when
  the row does not have it, `null` in any case when it is null). rows: a relation with row_json; kept: its other columns.
#}
{% macro captured(rows, columns, kept) -%}
  {{ return(adapter.dispatch('captured', 'hospital')(rows, columns, kept)) }}
{%- endmacro %}

{#
  A row is parsed twice, however many columns it has: DuckDB keeps what it parsed of 2,048 rows for each call. A delete
  has a document too: of a list that is null DuckDB copies another row's text, for each such row once.
#}
{% macro default__captured(rows, columns, kept) -%}
  {%- set paths = "['$." ~ columns | join("', '$.") ~ "']" -%}
  select
    {{ kept | join(', ') }},
    {%- for name in columns %}
    texts[{{ loop.index }}] as {{ name }}__text, kinds[{{ loop.index }}] as {{ name }}__kind{{ ',' if not loop.last }}
    {%- endfor %}
  from (
    select
      {{ kept | join(', ') }},
      json_extract_string(coalesce(row_json, '{}'), {{ paths }}) as texts,
      json_type(coalesce(row_json, '{}'), {{ paths }}) as kinds
    from {{ rows }}
  ) as parsed
{%- endmacro %}

{% macro bigquery__captured(rows, columns, kept) -%}
  select
    {{ kept | join(', ') }},
    {%- for name, type in columns.items() %}
    {{ json_document('row_json', name) if type == 'json' else json_text('row_json', name) }} as {{ name }}__text,
    json_type(json_query(row_json, '$.{{ name }}')) as {{ name }}__kind{{ ',' if not loop.last }}
    {%- endfor %}
  from {{ rows }}
{%- endmacro %}

{# The key column in its type; a delete has it too. #}
{% macro typed_key(type) -%}
  {{ 'row_key' if type == 'text' else cast_or_null('row_key', type) }}
{%- endmacro %}

{# A column of a captured row in its type. #}
{% macro typed(name, type) -%}
  {{ name ~ '__text' if type == 'text' else cast_or_null(name ~ '__text', type) }}
{%- endmacro %}

{# Whether the typed column is not the value that was captured: not castable, or rounded. #}
{% macro is_inexact(name, type) -%}
  (lower({{ name }}__kind) <> 'null' and (
    {{ typed(name, type) }} is null
    {%- if type in ('bigint', 'integer', 'date') or type.startswith('numeric') %}
    or not ({{ is_same_value(typed(name, type), type, name ~ '__text') }})
    {%- endif %}
  ))
{%- endmacro %}

{% macro is_absent(name, type) -%}
  {{ name }}__kind is null
{%- endmacro %}

{# Names of the columns of which something is true, in order, each with a comma behind it; null for a delete and for none. #}
{% macro names_of_columns_that(predicate, columns) -%}
  {%- set test = is_inexact if predicate == 'is_inexact' else is_absent -%}
  case when op <> 'd' then nullif(concat(
    {%- for name, type in columns.items() %}
    case when {{ test(name, type) }} then '{{ name }},' else '' end{{ ',' if not loop.last }}
    {%- endfor %}
  ), '') end
{%- endmacro %}
