{#
  Invariant 5: every value of a winning change is there, and is the same. A value that can't be cast is null in the base
  table, one with too many digits is rounded: both fail.
#}
{% test values_are_exact(model, latest) %}
select row_key from {{ latest }} where not _is_deleted and _inexact is not null
{% endtest %}
