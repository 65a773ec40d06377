{# Every change of a table once, typed. columns: name -> type of the catalog. An incremental run adds those that are new. #}
{% macro row_versions(table, changes, key, columns) %}
{%- set until = loaded_until() if is_incremental() else none %}
with changes as (
  select
    row_key, op, {{ adapter.quote('row') }} as row_json, {{ adapter.quote('sequence') }} as change_sequence,
    committedAt as committed_at, loadedAt as loaded_at,
    row_number() over (
      partition by row_key, {{ adapter.quote('sequence') }} order by loadedAt, {{ adapter.quote('offset') }}
    ) as place
  from {{ changes }}
  where op <> 't'{% if until %} and {{ is_new(table, until) }}{% endif %}
),

captured as (
  {{ captured('(select * from changes where place = 1)', columns, ['row_key', 'op', 'change_sequence', 'committed_at', 'loaded_at']) }}
),

versions as (
  select
    concat(row_key, '@', change_sequence) as version_key,
    {{ typed_key(columns[key]) }} as {{ key }},
    {%- for name, type in columns.items() if name != key %}
    {{ typed(name, type) }} as {{ name }},
    {%- endfor %}
    op = 'd' as _is_deleted,
    change_sequence as _sequence,
    committed_at as _committed_at,
    loaded_at as _loaded_at
  from captured
)

select versions.*
from versions
{%- if until %}
left join {{ this }} as known on known.version_key = versions.version_key
where known.version_key is null
{%- endif %}
{% endmacro %}
