{#
  Every captured row has every column of the catalog: a column that was dropped or renamed in PostgreSQL, or is not read
  again yet, would be null without this.
#}
{% test rows_have_every_column(model, latest) %}
select row_key from {{ latest }} where not _is_deleted and _absent is not null
{% endtest %}
