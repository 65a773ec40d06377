# Inlined into changes-to-lake-parquet, after once.py: changes as compacted objects, which loaders and reconcile read.

import pyarrow
import pyarrow.parquet

LONGEST_NAME = 220
DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz'
SCHEMA = pyarrow.schema([
    *[(name, pyarrow.string()) for name in ('table', 'op', 'key', 'row', 'row_key', 'sequence')],
    ('txId', pyarrow.int64()), ('committedAt', pyarrow.string()), ('capturedAt', pyarrow.string()),
    ('topic', pyarrow.string()), ('partition', pyarrow.int32()), ('offset', pyarrow.int64())])


def base36(number):
  text = ''
  while True:
    number, digit = divmod(number, 36)
    text = DIGITS[digit] + text
    if number == 0:
      return text


def object_name(group, offsets):
  """The name of an object of offsets in order: hospital/lake-names.ts says how what is not in it stands there."""
  table, topic, partition, day = group
  gaps, before = [], offsets[0]
  for one, other in zip(offsets, offsets[1:]):
    if other > one + 1:
      gaps.append('%s-%s' % (base36(one + 1 - before), base36(other - one - 1)))
      before = other
  end = '.'.join(['1', *(['_'.join(gaps)] if gaps else []), 'parquet'])
  return 'changes/%s/date=%s/%s-%d-%020d-%020d.%s' % (table, day, topic, partition, offsets[0], offsets[-1], end)


def pieces(group, changes):
  """Parts of changes in order, each with a name that is short enough: gaps make names longer."""
  start = 0
  while start < len(changes):
    end = len(changes)
    while len(object_name(group, [change['offset'] for change in changes[start:end]]).split('/')[-1]) > LONGEST_NAME:
      end = start + (end - start) // 2
    yield changes[start:end]
    start = end


def record(change):
  return {
      **{name: change.get(name) for name in SCHEMA.names}, 'key': text_of(change['key']),
      'row': text_of(change['row']), 'row_key': row_key(change['key'])}


class WriteObjects(beam.DoFn):
  """Keyed by table, topic, partition and UTC day: writes what has come since the last time. Gives the names."""
  def __init__(self, lake):
    self.lake = lake.rstrip('/')

  def process(self, element):
    key, changes = element
    table, topic, partition, day = key.split('/')
    group = (table, topic, int(partition), day)
    by_offset = {change['offset']: change for change in changes}
    for part in pieces(group, [by_offset[offset] for offset in sorted(by_offset)]):
      name = object_name(group, [change['offset'] for change in part])
      rows = pyarrow.Table.from_pylist([record(change) for change in part], schema=SCHEMA)
      with FileSystems.create(self.lake + '/' + name, 'application/vnd.apache.parquet') as stream:
        pyarrow.parquet.write_table(rows, stream, compression='zstd')
      yield name


def group_of(element):
  change = element[0]
  day = change['committedAt'][:10].replace('-', '')
  return '%s/%s/%d/%s' % (change['table'], change['topic'], change['partition'], day), change


class Objects(beam.PTransform):
  """(change, line) to objects below `lake`, every so many seconds or changes of a group. Nothing is ever too late."""
  def __init__(self, lake, seconds, changes, keep_days):
    super().__init__()
    self.lake, self.seconds, self.changes, self.keep_days = lake, seconds, changes, keep_days

  def expand(self, changes):
    new = once(changes, self.keep_days, {})
    names = (
        keyed('ByGroup', new | 'Group' >> beam.Map(group_of), str)
        | 'Together' >> beam.GroupIntoBatches(self.changes, max_buffering_duration_secs=self.seconds)
        | 'Write' >> beam.ParDo(WriteObjects(self.lake)))
    return {'names': names}
