{# An expression is true in every row; null counts as true. #}
{% test holds(model, expression, column_name=none) %}
select 1 as broken from {{ model }} where not ({{ expression }})
{% endtest %}
