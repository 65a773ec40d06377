-- Days of this half century, which the semantic layer counts time by.
select cast(day as date) as day
from {{ unnested(days_from_to('2000-01-01', '2049-12-31'), 'day') }}
