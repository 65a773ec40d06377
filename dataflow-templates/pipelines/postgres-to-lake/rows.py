# Inlined into postgres-to-lake: rows of a query as the lake has them.
import typing

import apache_beam as beam


class Check(beam.DoFn):
  def __init__(self, columns):
    self.columns = columns

  def process(self, row):
    values = {name: getattr(row, name, None) for name, _, _ in self.columns}
    for name, nullable, kind in self.columns:
      value = values[name]
      if (value is None and not nullable) or (value is not None and type(value) is not kind):
        yield beam.pvalue.TaggedOutput('dead', (str(values[self.columns[0][0]]), name))
        return
    yield values


class Typed(beam.PTransform):
  """Rows with every column under its own name and type; a row that lacks one is refused with the column's name."""
  def __init__(self, columns):
    super().__init__()
    self.columns = [(name, bool(nullable), {'integer': int, 'boolean': bool}.get(kind, str)) for name, kind, nullable in columns]

  def expand(self, rows):
    fields = [(name, typing.Optional[kind] if nullable else kind) for name, nullable, kind in self.columns]
    good, dead = rows | 'Check' >> beam.ParDo(Check(self.columns)).with_outputs('dead', main='good')
    return {
        'rows': good | 'Row' >> beam.Map(lambda values: beam.Row(**values)).with_output_types(
            beam.typehints.row_type.RowTypeConstraint.from_fields(fields)),
        'refused': dead | 'Reason' >> beam.Map(lambda each: beam.Row(key=each[0], column=each[1])).with_output_types(
            beam.typehints.row_type.RowTypeConstraint.from_fields([('key', str), ('column', str)]))}
