{#
  Days of a duration such as `1 day`, `3 days`, `1 week`, `2 weeks`, `1 month`, `6 months`, in any case, blanks around:
  a week is 7 days, a month 30. Null for everything else; nothing is guessed.
#}
{% macro duration_days(duration) -%}
  {%- set text = 'lower(' ~ duration ~ ')' -%}
  cast({{ regexp_group(text, '^\s*0*([1-9][0-9]{0,4})\s+(?:day|week|month)s?\s*$') }} as {{ sql_type('bigint') }})
    * case {{ regexp_group(text, '^\s*[0-9]+\s+(day|week|month)s?\s*$') }}
      when 'day' then 1 when 'week' then 7 when 'month' then 30
    end
{%- endmacro %}
