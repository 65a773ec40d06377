# Inlined into changes-to-bigquery, after dead_letters.py: rows that BigQuery refuses go to dead letters.


def dead_row(failed, job):
  """A refused row as the change that it was; BigQuery's own words may quote values and stay out."""
  row = failed.failed_row
  change = {name: getattr(row, name) for name in ('table', 'op', 'sequence', 'txId', 'topic', 'partition', 'offset')}
  for name in ('key', 'row'):
    text = getattr(row, name)
    change[name] = None if text is None else json.loads(text)
  for name in ('committedAt', 'capturedAt'):
    change[name] = instant(getattr(row, name).micros)
  order = ('table', 'op', 'key', 'row', 'sequence', 'txId', 'committedAt', 'capturedAt', 'topic', 'partition', 'offset')
  line = json.dumps({name: change[name] for name in order}, ensure_ascii=False, separators=(',', ':'))
  return dead_change(job, Fault('WAREHOUSE_REFUSED', 'BigQuery refused the row'), line, change)


class Refused(beam.PTransform):
  def __init__(self, job):
    super().__init__()
    self.job = job

  def expand(self, failed):
    return messages('GiveUp', failed | 'Change' >> beam.Map(dead_row, self.job))
