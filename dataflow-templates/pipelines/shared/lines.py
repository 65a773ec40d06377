# Inlined into pipelines: the payloads of messages as a file of lines, for runs over the lake.
import apache_beam as beam


class WriteLines(beam.PTransform):
  """Writes each payload as a line below `path`; for bounded runs only."""
  def __init__(self, path):
    super().__init__()
    self.path = path

  def expand(self, messages):
    return {'files': messages | beam.Map(lambda row: bytes(row.payload).decode()) | beam.io.WriteToText(
        self.path, file_name_suffix='.ndjson')}
