# Inlined into pipelines, after decode.py: each change once, by where it stands in Kafka.
import time

from apache_beam.coders import BytesCoder
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec, TimerSpec, on_timer
from apache_beam.utils.timestamp import Timestamp

BLOCK = 4096


def place(element):
  """(block of offsets, element): so many changes share one state of half a kilobyte."""
  change = element[0]
  return '%s/%d/%d' % (change['topic'], change['partition'], change['offset'] // BLOCK), element


class Once(beam.DoFn):
  """Keyed by a block of offsets: passes each on once, and none that `loaded` says is there already."""
  SEEN = ReadModifyWriteStateSpec('seen', BytesCoder())
  EXPIRY = TimerSpec('expiry', TimeDomain.WATERMARK)

  def __init__(self, keep, loaded):
    self.keep, self.loaded = keep, loaded

  def process(self, pair, seen=beam.DoFn.StateParam(SEEN), expiry=beam.DoFn.TimerParam(EXPIRY)):
    _, element = pair
    change = element[0]
    ranges = self.loaded.get('%s:%d' % (change['topic'], change['partition']), ())
    if any(first <= change['offset'] <= last for first, last in ranges):
      return
    bits = bytearray(seen.read() or bytes(BLOCK // 8))
    at, bit = divmod(change['offset'] % BLOCK, 8)
    if bits[at] >> bit & 1:
      return
    bits[at] |= 1 << bit
    seen.write(bytes(bits))
    # What is published again comes within the retention of Pub/Sub after it was published, not after its commit.
    newest = max(micros(change['committedAt']), change['published'] or 0)
    expiry.set(Timestamp(micros=min(newest + self.keep, 9_000_000_000_000_000)))
    yield element

  @on_timer(EXPIRY)
  def forget(self, seen=beam.DoFn.StateParam(SEEN)):
    seen.clear()


def once(changes, keep_days, loaded):
  return keyed('Place', changes | 'Block' >> beam.Map(place), str) | 'Once' >> beam.ParDo(
      Once(keep_days * 86_400_000_000, loaded))


def text_of(value):
  return None if value is None else json.dumps(value, ensure_ascii=False, separators=(',', ':'))


def row_key(key):
  """The key as one text: the value itself, or a JSON array of a composite key; None for a truncate."""
  if key is None:
    return None
  if len(key) != 1:
    return text_of(list(key.values()))
  value = next(iter(key.values()))
  return value if isinstance(value, str) else text_of(value)
