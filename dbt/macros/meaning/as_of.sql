{# The day on which ages are computed: the var as_of, or the UTC day on which the run started. #}
{% macro as_of() -%}
  cast('{{ var("as_of", "") or run_started_at.strftime("%Y-%m-%d") }}' as date)
{%- endmacro %}

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
