{#
  The last change of every key, deletes too: the highest sequence wins, whatever came first; of one sequence the change
  that was loaded first. An incremental run takes the new changes only, and gives the keys whose last change is another.
  columns: name -> type of the catalog. _inexact and _absent name the columns whose captured value the type can't hold
  as it is, and those that the captured row does not have.
#}
{% macro latest_changes(table, changes, key, columns) %}
{%- set until = loaded_until() if is_incremental() else none %}
with changes as (
  select
    row_key, op, {{ adapter.quote('row') }} as row_json, {{ adapter.quote('sequence') }} as change_sequence,
    {{ adapter.quote('offset') }} as change_offset, committedAt as committed_at, loadedAt as loaded_at
  from {{ changes }}
  where op <> 't'{% if until %} and {{ is_new(table, until) }}{% endif %}
),

ranked as (
  select
    *,
    row_number() over (partition by row_key order by change_sequence desc, loaded_at, change_offset) as place
  from changes
),

winners as (
  select ranked.*
  from ranked
  {%- if until %}
  left join (
    select row_key, _sequence, _loaded_at from {{ this }}
    {%- set bounds = key_bounds('(select ' ~ typed_key(columns[key]) ~ ' as k from ' ~ changes ~ " where op <> 't' and " ~ is_new(table, until) ~ ') as news', 'k') if columns[key] in ('bigint', 'integer') else none %}
    {%- if bounds %}
    where {{ key }} between {{ bounds[0] }} and {{ bounds[1] }} or {{ key }} is null
    {%- endif %}
  ) as known on known.row_key = ranked.row_key
  {%- endif %}
  where ranked.place = 1
    {%- if until %}
    and (
      known.row_key is null
      or ranked.change_sequence > known._sequence
      or (ranked.change_sequence = known._sequence and ranked.loaded_at < known._loaded_at)
    )
    {%- endif %}
),

captured as (
  {{ captured('winners', columns, ['row_key', 'op', 'change_sequence', 'committed_at', 'loaded_at']) }}
)

select
  row_key,
  op = 'd' as _is_deleted,
  {{ typed_key(columns[key]) }} as {{ key }},
  {%- for name, type in columns.items() if name != key %}
  {{ typed(name, type) }} as {{ name }},
  {%- endfor %}
  change_sequence as _sequence,
  {{ version_of(['row_key', 'change_sequence']) }} as _version,
  {{ names_of_columns_that('is_inexact', columns) }} as _inexact,
  {{ names_of_columns_that('is_absent', columns) }} as _absent,
  committed_at as _committed_at,
  loaded_at as _loaded_at
from captured
{% endmacro %}

{# The rows that are there: not deleted, and not older than the table's last truncate. #}
{% macro current_rows(table, key, columns) %}
select
  {%- for name in columns %}
  latest.{{ name }},
  {%- endfor %}
  latest._sequence,
  latest._committed_at,
  latest._loaded_at
from {{ ref('latest_' ~ table) }} as latest
{%- if is_incremental() %}
left join {{ this }} as known
  on known.{{ key }} = latest.{{ key }} and known._sequence = latest._sequence and known._loaded_at = latest._loaded_at
{%- endif %}
where not latest._is_deleted
  and latest._sequence >= {{ last_truncate(table) }}
{%- if is_incremental() %}
  {%- set until = loaded_until() %}
  and known.{{ key }} is null
  {%- if until %}
  and latest._loaded_at >= {{ time_literal(until) }}
  {%- endif %}
{%- endif %}
{% endmacro %}

{% macro last_truncate(table) -%}
  coalesce((select truncated_sequence from {{ ref('load_watermark') }} where table_name = '{{ table }}'), '')
{%- endmacro %}

{# Before an incremental run of a model of current rows: takes out those that are not there any more. #}
{% macro remove_gone(table, key) -%}
  {%- if is_incremental() -%}
  delete from {{ this }}
  where _sequence < {{ last_truncate(table) }}
    or {{ key }} in (select {{ key }} from {{ ref('latest_' ~ table) }} where _is_deleted)
  {%- endif -%}
{%- endmacro %}
