{#
  Prints how many bytes BigQuery reads for each table of the project: when it is built anew, and in an incremental run.
    dbt run-operation estimate_bytes --args '{rows: {visits: 1000000, …}, changes: 0.01, months: 0.1}'
  rows: current rows of each table of the catalog; those of the warehouse unless given. changes: share of the log that is
  new; months: share of the months in which something changed. A column is counted when the model, or a view between, names
  it, so this is more rather than less. Storage of a type as BigQuery counts it; texts and JSON by what they usually have.
#}
{% macro estimate_bytes(rows=none, changes=0.01, months=0.1) %}
  {%- set rows = rows or current_row_counts() -%}
  {%- set totals = {'full': 0, 'incremental': 0} -%}
  {%- for model in graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | sort(attribute='unique_id') -%}
    {%- if model.config.materialized != 'view' and not (target.type == 'duckdb' and '/base_' in model.path) -%}
      {%- set full = bytes_read(model, model.raw_code, rows) | int -%}
      {%- set share = 1 -%}
      {%- if model.config.materialized == 'incremental' -%}
        {%- if 'stale_months(' in model.raw_code -%}
          {%- set share = months -%}
        {%- elif 'latest_changes(' in model.raw_code or 'row_versions(' in model.raw_code or 'load_watermark(' in model.raw_code -%}
          {%- set share = changes -%}
        {%- endif -%}
      {%- endif -%}
      {%- set again = (full * share) | int -%}
      {%- do totals.update({'full': totals.full + full, 'incremental': totals.incremental + again}) -%}
      {%- do log('estimate ' ~ model.name ~ ': ' ~ full ~ ' bytes, incremental ' ~ again ~ ' bytes', info=true) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- do log('estimate in all: ' ~ totals.full ~ ' bytes, incremental ' ~ totals.incremental ~ ' bytes', info=true) -%}
{% endmacro %}

{# Bytes of the parents' columns that a text names; through views to what they read. #}
{% macro bytes_read(node, text, rows) -%}
  {%- set total = {'bytes': 0} -%}
  {%- for id in node.depends_on.nodes -%}
    {%- set parent = graph.nodes.get(id) or graph.sources.get(id) -%}
    {%- if parent.resource_type == 'model' and (parent.config.materialized == 'view' or '/base_' in parent.path) -%}
      {%- do total.update({'bytes': total.bytes + (bytes_read(parent, text ~ ' ' ~ parent.raw_code, rows) | int)}) -%}
    {%- else -%}
      {%- set width = {'bytes': 0} -%}
      {%- set names = modules.re.findall('[A-Za-z_]+', text) -%}
      {%- for column in parent.columns.values() -%}
        {%- if column.name in (columns_of_log(text) if parent.name.endswith('_changes') else names) -%}
          {%- do width.update({'bytes': width.bytes + (bytes_of(column) | int)}) -%}
        {%- endif -%}
      {%- endfor -%}
      {%- do total.update({'bytes': total.bytes + width.bytes * (rows_of(parent, rows) | int)}) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(total.bytes) }}
{%- endmacro %}

{# Columns of a change log that a macro reads, by the call of it. #}
{% macro columns_of_log(text) -%}
  {%- set read = {
    'latest_changes(': ['row_key', 'op', 'row', 'sequence', 'offset', 'committedAt', 'loadedAt'],
    'row_versions(': ['row_key', 'op', 'row', 'sequence', 'offset', 'committedAt', 'loadedAt'],
    'load_watermark(': ['op', 'sequence', 'committedAt', 'loadedAt'],
    'change_lags(': ['op', 'committedAt', 'capturedAt', 'loadedAt'],
  } -%}
  {%- set found = [] -%}
  {%- for call, columns in read.items() if call in text -%}{%- do found.extend(columns) -%}{%- endfor -%}
  {{ return(found) }}
{%- endmacro %}

{# Bytes of a value: https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types #}
{% macro bytes_of(column) -%}
  {%- set type = (column.data_type or 'text').split('(')[0] -%}
  {%- if column.name in ('sequence', '_sequence', 'truncated_sequence') -%}{{ return(42) }}{%- endif -%}
  {{ return({'bigint': 8, 'integer': 8, 'date': 8, 'timestamp': 8, 'numeric': 16, 'boolean': 1, 'json': 250}.get(type, 24)) }}
{%- endmacro %}

{# Rows of a table: of a log twice the current ones; of what is neither log nor table of the catalog, a tenth of the visits. #}
{% macro rows_of(node, rows) -%}
  {%- for table, count in rows.items() -%}
    {%- if node.name == table ~ '_changes' -%}{{ return(2 * count) }}{%- endif -%}
    {%- if node.name in ('latest_' ~ table, 'base_' ~ table, 'versions_' ~ table, table) -%}{{ return(count) }}{%- endif -%}
  {%- endfor -%}
  {%- if 'patient' in node.name -%}{{ return(rows.get('patients', 0)) }}{%- endif -%}
  {{ return(((rows.get('visits', 0)) / 10) | int) }}
{%- endmacro %}

{# Current rows of each table of the catalog. #}
{% macro current_row_counts() -%}
  {%- set rows = {} -%}
  {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name.startswith('latest_') -%}
    {%- set relation = api.Relation.create(database=target.database, schema=node.schema, identifier=node.name) -%}
    {%- set found = rows_now('select count(*) from ' ~ relation ~ ' where not _is_deleted') -%}
    {%- do rows.update({node.name[7:]: found[0][0] | int}) -%}
  {%- endfor -%}
  {{ return(rows) }}
{%- endmacro %}
