{#
  Invariant 10: the column's sum is, to the cent, the sum of an expression over the facts that it comes from.
  among: which of the facts. Counts add up in the same way with `of: 1`.
#}
{% test sums_to(model, column_name, of, facts, among='true') %}
with mart as (
  select coalesce(sum({{ column_name }}), 0) as total from {{ model }}
),
facts as (
  select coalesce(sum({{ of }}), 0) as total from {{ facts }} where {{ among }}
)
select mart.total as mart_total, facts.total as facts_total
from mart cross join facts
where mart.total <> facts.total
{% endtest %}
