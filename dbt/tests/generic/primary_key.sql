{# Some columns together are there in every row, but for those in `may_be_null`, and in no two rows the same. #}
{% test primary_key(model, columns, may_be_null=[]) %}
select {{ columns | join(', ') }}
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{%- for column in columns if column not in may_be_null %} or {{ column }} is null{% endfor %}
{% endtest %}
