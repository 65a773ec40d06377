{# Of each table the newest load and the last truncate. changes: table -> change log. An incremental run reads what is new. #}
{% macro load_watermark(changes) %}
{%- set known = {} -%}
{%- if is_incremental() and var('offline', '') != '' -%}
  {%- for table in changes -%}{%- do known.update({table: '2026-06-01 00:00:00+00'}) -%}{%- endfor -%}
{%- elif is_incremental() -%}
  {%- for table, until in rows_now('select table_name, cast(loaded_at as ' ~ sql_type('text') ~ ') from ' ~ this) if until is not none -%}
    {%- do known.update({table: until}) -%}
  {%- endfor -%}
{%- endif %}
with news as (
  {%- for table, log in changes.items() %}
  select
    '{{ table }}' as table_name,
    max(loadedAt) as loaded_at,
    max(case when op = 't' then {{ adapter.quote('sequence') }} end) as truncated_sequence,
    max(case when op = 't' then committedAt end) as truncated_at
  from {{ log }}
  {%- if table in known %}
  where {{ is_new(table, known[table]) }}
  {%- endif %}
  {%- if not loop.last %}
  union all
  {%- endif %}
  {%- endfor %}
)

{% if is_incremental() -%}
select
  news.table_name,
  coalesce(greatest(news.loaded_at, known.loaded_at), news.loaded_at, known.loaded_at) as loaded_at,
  coalesce(
    greatest(news.truncated_sequence, known.truncated_sequence), news.truncated_sequence, known.truncated_sequence
  ) as truncated_sequence,
  coalesce(greatest(news.truncated_at, known.truncated_at), news.truncated_at, known.truncated_at) as truncated_at
from news
left join {{ this }} as known on known.table_name = news.table_name
where known.table_name is null
  or coalesce(news.loaded_at > known.loaded_at, news.loaded_at is not null and known.loaded_at is null)
  or coalesce(news.truncated_sequence > coalesce(known.truncated_sequence, ''), false)
{%- else -%}
select table_name, loaded_at, truncated_sequence, truncated_at from news
{%- endif %}
{% endmacro %}
