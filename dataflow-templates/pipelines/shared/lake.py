# Inlined into pipelines, after decode.py: the lake's objects of some tables become changes.
from apache_beam.io import fileio

LAKE_NAME = re.compile(
    r'changes/([a-z_][a-z0-9_]{0,62})/date=([0-9]{8})/([A-Za-z0-9_][A-Za-z0-9._-]*)-(0|[1-9][0-9]*)-([0-9]{20})-([0-9]{20})'
    r'\.(?:ndjson\.gz|[1-9][0-9]*(?:\.[0-9a-z_-]+)?\.parquet)$')
COLUMNS = ('op', 'key', 'row', 'sequence', 'txId', 'committedAt', 'capturedAt', 'offset')
PIECE = 20_000


class ReadObjects(beam.DoFn):
  """Gives the changes of one object; a broken one is named in dead letters, and what came before the fault counts."""
  def __init__(self, job, since):
    self.job, self.since = job, since

  def process(self, metadata):
    match = LAKE_NAME.search(metadata.path)
    if not match or (self.since and match.group(2) < self.since):
      return
    name = match.group(0)
    claim = {
        'table': match.group(1), 'topic': match.group(3), 'partition': int(match.group(4)),
        'firstOffset': int(match.group(5)), 'lastOffset': int(match.group(6)), 'count': None,
    }
    try:
      read = self.parquet if name.endswith('.parquet') else self.batch
      for change, line in read(metadata.path, claim):
        change['published'] = None
        yield at_commit(change, line)
    except Fault as fault:
      broken = Fault('LAKE_OBJECT_BROKEN', fault.reason)
      yield beam.pvalue.TaggedOutput('dead', dead_letter(self.job, broken, b'', {}, lake_object=name))

  def batch(self, path, claim):
    with FileSystems.open(path, compression_type='uncompressed') as stream:
      return read_lines(inflate(stream.read()), claim)

  def parquet(self, path, claim):
    import pyarrow.parquet as parquet
    with FileSystems.open(path, compression_type='uncompressed') as stream:
      for piece in parquet.ParquetFile(stream).iter_batches(batch_size=PIECE):
        for record in piece.to_pylist():
          change = {**record, **{name: claim[name] for name in ('table', 'topic', 'partition')}}
          for name in ('key', 'row'):
            change[name] = None if change[name] is None else json.loads(change[name])
          check_change(change, claim)
          yield change, json.dumps(change, separators=(',', ':'))


def not_truncated(element, truncates):
  """Whether a change is newer than the last truncate of its table. A truncate itself has then been followed."""
  change, _ = element
  return change['op'] != 't' and not any(
      table == change['table'] and sequence > change['sequence'] for table, sequence in truncates)


class ReadLake(beam.PTransform):
  """The changes of `tables` in the lake, `lake` being its root; `since` is the first day, YYYYMMDD."""
  def __init__(self, job, tables, lake, since=None):
    super().__init__()
    self.job, self.tables, self.lake, self.since = job, tables, lake.rstrip('/'), since

  def expand(self, begin):
    patterns = ['%s/changes/%s/*/*' % (self.lake, table) for table in self.tables]
    read = (
        begin
        | beam.Create(patterns)
        | fileio.MatchAll(fileio.EmptyMatchTreatment.ALLOW)
        | beam.Reshuffle()
        | beam.ParDo(ReadObjects(self.job, self.since)).with_outputs('dead', main='changes'))
    truncates = (
        read.changes
        | 'Truncates' >> beam.Filter(lambda element: element[0]['op'] == 't')
        | 'When' >> beam.Map(lambda element: (element[0]['table'], element[0]['sequence'])))
    changes = read.changes | 'NotTruncated' >> beam.Filter(not_truncated, beam.pvalue.AsList(truncates))
    return {'changes': changes, 'dead': messages('GiveUp', read.dead)}
