{#
  Whole years from a date of birth to a day. Who was born on 29 February turns a year older on 1 March where there is
  no 29 February, as PostgreSQL's age() has it.
#}
{% macro age_in_years(born, day) -%}
  ({{ date_part_of('year', day) }} - {{ date_part_of('year', born) }} - case
      when {{ date_part_of('month', day) }} * 100 + {{ date_part_of('day', day) }}
        < {{ date_part_of('month', born) }} * 100 + {{ date_part_of('day', born) }} then 1
      else 0
    end)
{%- endmacro %}

{# Child under 18, Adult to 40, Middle-aged to 65, Senior above; Unknown without an age. #}
{% macro age_group(age) -%}
  case
    when {{ age }} is null then 'Unknown'
    when {{ age }} < 18 then 'Child'
    when {{ age }} <= 40 then 'Adult'
    when {{ age }} <= 65 then 'Middle-aged'
    else 'Senior'
  end
{%- endmacro %}

{# The first age of a band of five years, 90 for all who are older than 89, -1 for an age that is not known. #}
{% macro age_from(age) -%}
  case
    when {{ age }} is null or {{ age }} < 0 then -1
    when {{ age }} >= 90 then 90
    else {{ age }} - mod({{ age }}, 5)
  end
{%- endmacro %}

{# The name of a band by its first age. #}
{% macro age_band(from) -%}
  case
    when {{ from }} = -1 then 'Unknown'
    when {{ from }} = 90 then '90+'
    else concat(cast({{ from }} as {{ sql_type('text') }}), '-', cast({{ from }} + 4 as {{ sql_type('text') }}))
  end
{%- endmacro %}
