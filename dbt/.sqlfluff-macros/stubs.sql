{# What macros of the project give, as far as sqlfluff has to see it. #}
{% macro money_sum(expression) %}sum({{ expression }}){% endmacro %}
{% macro exact_ratio(numerator, denominator, scale) %}round({{ numerator }} / {{ denominator }}, {{ scale }}){% endmacro %}
{% macro seconds(milliseconds) %}({{ milliseconds }} / 1000){% endmacro %}
{% macro sql_type(type) %}string{% endmacro %}
{% macro version_of(values) %}farm_fingerprint(concat({{ values | join(', ') }})){% endmacro %}
{% macro fingerprint(version) %}bit_xor({{ version }}){% endmacro %}
{% macro pseudonym(patient_id, key_hex) %}concat({{ patient_id }}, {{ key_hex }}){% endmacro %}
{% macro month_start(date) %}date_trunc({{ date }}, month){% endmacro %}
{% macro utc_day(time) %}date({{ time }}){% endmacro %}
{% macro days_between(earlier, later) %}date_diff({{ later }}, {{ earlier }}, day){% endmacro %}
{% macro milliseconds_between(earlier, later) %}timestamp_diff({{ later }}, {{ earlier }}, millisecond){% endmacro %}
{% macro date_part_of(part, date) %}extract({{ part }} from {{ date }}){% endmacro %}
{% macro now() %}current_timestamp(){% endmacro %}
{% macro age_in_years(born, day) %}date_diff({{ day }}, {{ born }}, year){% endmacro %}
{% macro age_group(age) %}cast({{ age }} as string){% endmacro %}
{% macro age_from(age) %}mod({{ age }}, 5){% endmacro %}
{% macro age_band(from) %}cast({{ from }} as string){% endmacro %}
{% macro duration_days(duration) %}length({{ duration }}){% endmacro %}
{% macro diagnosis_code(diagnosis) %}left({{ diagnosis }}, 5){% endmacro %}
{% macro diagnosis_name(diagnosis) %}lower({{ diagnosis }}){% endmacro %}
{% macro words_of(text) %}split({{ text }}, ' '){% endmacro %}
{% macro unnested(array, name) %}unnest({{ array }}) as {{ name }}{% endmacro %}
{% macro days_from_to(first, last) %}generate_date_array('{{ first }}', '{{ last }}'){% endmacro %}
{% macro stale_months(facts) %}{{ return(none) }}{% endmacro %}
{% macro in_months(column, months) %}{{ column }} is not null{% endmacro %}
{% macro months_of(facts) %}month_fingerprints{% endmacro %}
{% macro by_month(field, data_type='date') %}month{% endmacro %}
{% macro by_key() %}merge{% endmacro %}
{% macro patients_to_make() %}
  select patient_id, patient_pseudonym, fingerprint
  from patient_fingerprints
{% endmacro %}
{% macro patients_named_anywhere() %}
  select patient_id from base_patients
{% endmacro %}
{% macro history(table, key, columns) %}select {{ key }} from versions{% endmacro %}
{% macro named(name) %}`{{ name }}`{% endmacro %}
