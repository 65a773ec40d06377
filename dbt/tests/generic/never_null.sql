{# Columns that have a value in every row. #}
{% test never_null(model, columns) %}
select 1 as broken from {{ model }} where {% for column in columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
