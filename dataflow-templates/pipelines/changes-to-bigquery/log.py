# Inlined into changes-to-bigquery, after once.py: changes as rows of the raw log.
ROW = beam.typehints.row_type.RowTypeConstraint.from_fields([
    ('table', str), ('op', str), ('key', typing.Optional[str]), ('row', typing.Optional[str]),
    ('row_key', typing.Optional[str]), ('sequence', str), ('txId', typing.Optional[int]),
    ('committedAt', Timestamp), ('capturedAt', Timestamp), ('topic', str), ('partition', int), ('offset', int),
    ('loadedAt', Timestamp)])


def log_row(element):
  """A row as the loaders write it: functions/warehouse/bigquery/schema.ts has the columns."""
  change, _ = element
  captured = micros(change.get('capturedAt'))
  return beam.Row(
      table=change['table'], op=change['op'], key=text_of(change['key']), row=text_of(change['row']),
      row_key=row_key(change['key']), sequence=change['sequence'], txId=change.get('txId'),
      committedAt=Timestamp(micros=micros(change['committedAt'])),
      capturedAt=Timestamp(micros=micros(change['committedAt']) if captured is None else captured),
      topic=change['topic'], partition=change['partition'], offset=change['offset'],
      loadedAt=Timestamp(micros=int(time.time() * 1e6)))


class Log(beam.PTransform):
  """(change, line) to rows, an output for each table by its name. `loaded` has offsets that the log has already."""
  def __init__(self, tables, keep_days, loaded):
    super().__init__()
    self.tables, self.keep_days, self.loaded = tables, keep_days, dict(loaded)

  def expand(self, changes):
    new = once(changes, self.keep_days, self.loaded)
    return {
        table: new
               | 'Of ' + table >> beam.Filter(lambda element, table: element[0]['table'] == table, table)
               | 'Rows ' + table >> beam.Map(log_row).with_output_types(ROW)
        for table in self.tables}
