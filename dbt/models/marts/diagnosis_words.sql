-- Words of three letters and more in the name of each diagnosis, without those that say nothing. A longer text is no
-- name: it would stand beside each of its words.
with diagnoses as (
  select coalesce(diagnosis, 'Unknown') as diagnosis, count(*) as visits
  from {{ ref('visits_enhanced') }}
  where diagnosis is not null and length(diagnosis) <= 200
  group by coalesce(diagnosis, 'Unknown')
),

words as (
  select distinct diagnoses.diagnosis, diagnoses.visits, word
  from diagnoses
  cross join {{ unnested(words_of('lower(' ~ diagnosis_name('diagnoses.diagnosis') ~ ')'), 'word') }}
)

select diagnosis, word, visits
from words
where
  word not in (
    'and', 'are', 'for', 'from', 'into', 'not', 'nos', 'nec', 'other', 'out', 'over', 'the', 'their', 'unspecified',
    'with', 'without', 'specified', 'elsewhere', 'classified', 'due', 'type', 'site'
  )
