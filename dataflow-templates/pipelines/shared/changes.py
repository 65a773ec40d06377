# Inlined into pipelines. Reads the relay's batches, as functions/batch does.
# A name, so that pickling does not look for each function in every module there is.
__name__ = 'hospital_pipeline'
import datetime
import gzip
import json
import re
import zlib

MAX_PLAIN_BYTES = 64 * 1024 * 1024
SEQUENCE = re.compile(r'^[0-9a-f]{16}/[0-9a-f]{16}/[0-9a-f]{4}$')
WHOLE = re.compile(r'^(0|[1-9][0-9]{0,15})$')
TABLE = re.compile(r'^[a-z_][a-z0-9_]{0,62}$')
NUMBERS = ('partition', 'firstOffset', 'lastOffset', 'count')
OPS = {'r', 'c', 'u', 'd', 't'}


class Fault(Exception):
  """What is wrong with an input: a code of docs/errors.md and a reason that names no value."""
  def __init__(self, code, reason):
    super().__init__(code, reason)
    self.code, self.reason = code, reason


def read_claim(attributes):
  """What a batch says of itself. Raises Fault."""
  wrong = [name for name in NUMBERS if not WHOLE.match(attributes.get(name, ''))]
  wrong += [name for name in ('topic', 'format') if not attributes.get(name)]
  if not TABLE.match(attributes.get('table', '')):
    wrong.append('table')
  if wrong:
    raise Fault('MESSAGE_NOT_OURS', 'attributes=' + ', '.join(sorted(wrong)))
  claim = {name: int(attributes[name]) for name in NUMBERS}
  claim.update(table=attributes['table'], topic=attributes['topic'], format=attributes['format'])
  claim['object'] = attributes.get('object')
  if claim['format'] not in ('ndjson.gz', 'reference') or (claim['format'] == 'reference') != bool(claim['object']):
    raise Fault('MESSAGE_NOT_OURS', 'attributes=format')
  span = claim['lastOffset'] - claim['firstOffset'] + 1
  if not 1 <= claim['count'] <= span:
    raise Fault('MESSAGE_CORRUPT', 'the count does not fit the offsets')
  return claim


def inflate(data):
  """The plain bytes of gzip, no more than a batch may have. Raises Fault."""
  plain, rest = b'', data
  try:
    while rest or not plain:
      reader = zlib.decompressobj(wbits=31)
      plain += reader.decompress(rest, MAX_PLAIN_BYTES - len(plain) + 1)
      if len(plain) > MAX_PLAIN_BYTES:
        raise Fault('MESSAGE_CORRUPT', 'too large when decompressed')
      if not reader.eof:
        raise Fault('MESSAGE_CORRUPT', 'not whole gzip')
      rest = reader.unused_data
  except zlib.error:
    raise Fault('MESSAGE_CORRUPT', 'not whole gzip') from None
  return plain


def micros(text):
  """Microseconds since 1970 of an instant in UTC; None for anything else."""
  if not isinstance(text, str) or not text.endswith('Z'):
    return None
  try:
    at = datetime.datetime.fromisoformat(text[:-1] + '+00:00')
  except ValueError:
    return None
  return (at - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) // datetime.timedelta(microseconds=1)


def instant(at):
  """Microseconds since 1970 as an instant in UTC; a time after the year 9999 is its last."""
  most = 253402300799999999
  moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=min(at, most))
  return moment.isoformat(timespec='milliseconds') + 'Z'


def check_change(change, claim):
  """Raises Fault for a line that is no change of its batch."""
  fault = lambda reason: Fault('MESSAGE_CORRUPT', reason)
  if not isinstance(change, dict):
    raise fault('not a JSON object')
  for name in ('table', 'topic', 'partition'):
    if change.get(name) != claim[name] or isinstance(change.get(name), bool):
      raise fault('another ' + name)
  op, key, row = change.get('op'), change.get('key'), change.get('row')
  if not isinstance(op, str) or op not in OPS:
    raise fault('op is none of ours')
  if (key is not None) if op == 't' else not isinstance(key, dict):
    raise fault('key does not suit the op')
  if (row is not None) if op in 'dt' else not isinstance(row, dict):
    raise fault('row does not suit the op')
  if not isinstance(change.get('sequence'), str) or not SEQUENCE.match(change['sequence']):
    raise fault('sequence')
  if micros(change.get('committedAt')) is None:
    raise fault('committedAt')
  offset = change.get('offset')
  if type(offset) is not int or not claim['firstOffset'] <= offset <= claim['lastOffset']:
    raise fault('offset')


def read_lines(plain, claim):
  """The changes of a batch, each with its line. Raises Fault unless the whole batch is as it claims."""
  try:
    text = plain.decode('utf-8')
  except UnicodeDecodeError:
    raise Fault('MESSAGE_CORRUPT', 'not UTF-8') from None
  lines = text.split('\n')
  if lines and lines[-1] == '':
    lines.pop()
  changes, last = [], -1
  for number, line in enumerate(lines, 1):
    try:
      change = json.loads(line)
      check_change(change, claim)
    except Fault as fault:
      raise Fault(fault.code, 'line %d: %s' % (number, fault.reason)) from None
    except (ValueError, RecursionError):
      raise Fault('MESSAGE_CORRUPT', 'line %d: not JSON' % number) from None
    if change['offset'] <= last:
      raise Fault('MESSAGE_CORRUPT', 'line %d: offsets do not ascend' % number)
    last = change['offset']
    changes.append((change, line))
  if claim.get('count') is not None and len(changes) != claim['count']:
    raise Fault('MESSAGE_CORRUPT', 'another number of lines than the count')
  if not changes or changes[0][0]['offset'] != claim['firstOffset'] or last != claim['lastOffset']:
    raise Fault('MESSAGE_CORRUPT', 'another range of offsets')
  return changes
