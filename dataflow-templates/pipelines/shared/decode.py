# Inlined into pipelines, after changes.py and dead_letters.py: messages of the relay become changes.
from apache_beam.io.filesystems import FileSystems
from apache_beam.transforms.window import TimestampedValue


class ReadBatches(beam.DoFn):
  """Gives (change, line) at the time of the commit; what can't be read goes whole to dead letters."""
  def __init__(self, job, tables, lake):
    self.job, self.tables, self.lake = job, frozenset(tables), lake

  def process(self, message):
    attributes = dict(message.attributes or {})
    published = getattr(message, 'published', None)
    published = None if published is None else published.micros
    try:
      claim = read_claim(attributes)
      if claim['table'] not in self.tables:
        return
      changes = read_lines(self.plain(message.payload, claim), claim)
    except Fault as fault:
      yield beam.pvalue.TaggedOutput(
          'dead', dead_letter(self.job, fault, message.payload, attributes, published))
      return
    for change, line in changes:
      change['published'] = published
      yield at_commit(change, line)

  def plain(self, payload, claim):
    """A batch too large for a message lies in the lake."""
    if claim['format'] == 'ndjson.gz':
      return inflate(payload)
    if not self.lake:
      raise Fault('MESSAGE_CORRUPT', 'the object is in the lake, and the pipeline has no parameter lake')
    if not claim['object'].startswith('changes/%s/' % claim['table']) or '..' in claim['object']:
      raise Fault('MESSAGE_NOT_OURS', 'attributes=object')
    path = self.lake.rstrip('/') + '/' + claim['object']
    if not FileSystems.exists(path):
      raise Fault('MESSAGE_CORRUPT', 'the object is not in the lake')
    with FileSystems.open(path, compression_type='auto') as stream:
      plain = stream.read(MAX_PLAIN_BYTES * 4 + 1)
    if len(plain) > MAX_PLAIN_BYTES * 4:
      raise Fault('MESSAGE_CORRUPT', 'the object is too large')
    return plain


def at_commit(change, line):
  return TimestampedValue((change, line), beam.utils.timestamp.Timestamp(micros=micros(change['committedAt'])))


class Decode(beam.PTransform):
  """Messages (payload, attributes, published) to `changes`: (change, line); and `dead` letters."""
  def __init__(self, job, tables, lake=None):
    super().__init__()
    self.job, self.tables, self.lake = job, tables, lake

  def expand(self, pushed):
    read = pushed | beam.ParDo(ReadBatches(self.job, self.tables, self.lake)).with_outputs(
        'dead', main='changes')
    return {'changes': read.changes, 'dead': messages('GiveUp', read.dead)}
