"""Runs a pipeline's own text with its ends changed: a TestStream gives the messages, lists take what is written."""
import datetime
import gzip
import json
import logging
import os
import sys
import typing

# Beam YAML loads it for machine learning, which takes most of the time of a start, and goes on without it.
sys.modules['vertexai'] = None
import apache_beam as beam
import yaml
from apache_beam.coders import RowCoder, registry
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.test_stream import TestStream
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.timestamp import Timestamp
from apache_beam.yaml import yaml_provider, yaml_transform, yaml_utils

logging.disable(logging.WARNING)
Message = typing.NamedTuple('Message', [
    ('payload', bytes), ('attributes', typing.Mapping[str, str]), ('published', typing.Optional[Timestamp])])
registry.register_coder(Message, RowCoder)

T0 = datetime.datetime(2026, 3, 2, 8, 0, tzinfo=datetime.timezone.utc)
TOPIC = 'postgres-source.public.%s'
written: typing.Dict[str, list] = {}
offsets: typing.Dict[str, int] = {}


def text_of(name):
  with open(os.path.join(os.environ['PIPELINES'], name + '.yaml')) as file:
    return file.read()


def at(seconds):
  """An instant so many seconds after T0."""
  return (T0 + datetime.timedelta(seconds=seconds)).isoformat(timespec='microseconds').replace('+00:00', 'Z')


def stamp(seconds):
  return Timestamp(micros=int((T0.timestamp() + seconds) * 1e6))


def change(table, op, key, row, order, seconds):
  """A change record of `table`: `key` is an object, or the value of the row's first column; `order` makes its sequence."""
  if key is not None and not isinstance(key, dict):
    key = {next(iter(row)): key}
  offsets[table] = offsets.get(table, -1) + 1
  return {
      'table': table, 'op': op, 'key': key, 'row': row,
      'sequence': '%016x/%016x/0000' % (order, order), 'txId': order, 'committedAt': at(seconds)[:-4] + 'Z',
      'capturedAt': at(seconds)[:-4] + 'Z', 'topic': TOPIC % table, 'partition': 0, 'offset': offsets[table],
  }


def batch(*changes, published=None, **attributes):
  """Changes of one table as the relay publishes them."""
  table, ordered = changes[0]['table'], sorted(changes, key=lambda each: each['offset'])
  lines = ''.join(json.dumps(each) + '\n' for each in ordered)
  named = {
      'table': table, 'topic': TOPIC % table, 'partition': '0', 'firstOffset': str(ordered[0]['offset']),
      'lastOffset': str(ordered[-1]['offset']), 'count': str(len(ordered)), 'format': 'ndjson.gz', **attributes}
  sent = max(each['committedAt'] for each in changes)
  when = Timestamp.from_rfc3339(sent) + 1 if published is None else stamp(published)
  return TimestampedValue(Message(gzip.compress(lines.encode()), named, when), when)


def with_payload(message, payload):
  return TimestampedValue(message.value._replace(payload=payload), message.timestamp)


def stream(*steps):
  """A TestStream: a list adds messages, a number moves the watermark to so many seconds after T0."""
  source = TestStream(coder=RowCoder.from_type_hint(Message, registry)).advance_watermark_to(stamp(-86400 * 400))
  for step in steps:
    source = source.add_elements(step) if isinstance(step, list) else source.advance_watermark_to(stamp(step))
  return source.advance_watermark_to_infinity()


class Source(beam.PTransform):
  def __init__(self, source):
    super().__init__()
    self.source = source

  def expand(self, begin):
    return begin.pipeline | self.source | beam.Map(lambda row: row).with_output_types(Message)


def keep(row, topic):
  written.setdefault(topic, []).append((bytes(row.payload), dict(row.attributes)))


class Sink(beam.PTransform):
  def __init__(self, topic):
    super().__init__()
    self.topic = topic

  def expand(self, messages):
    messages | beam.Map(keep, self.topic)
    return {}


def render(name, variables, text=None):
  return yaml_transform.expand_jinja(text or text_of(name), variables)


def run(name, variables, source=None, text=None, sinks=None):
  """What the pipeline wrote, by topic: [(payload, attributes)]. `text` is another text than the launched one."""
  written.clear()
  spec = yaml.load(render(name, variables, text), Loader=yaml_utils.SafeLineLoader)
  for transform in spec['pipeline']['transforms']:
    if transform['type'] in ('ReadFromPubSub', 'WriteToPubSub'):
      transform['type'] = 'Test' + transform['type']
      transform.setdefault('input', {})
  inline = lambda kind, make: [yaml_provider.InlineProvider({kind: make})]
  providers = {
      'TestReadFromPubSub': inline('TestReadFromPubSub', lambda **_: Source(source)),
      'TestWriteToPubSub': inline('TestWriteToPubSub', lambda topic, **_: Sink(topic)),
      **{kind: inline(kind, make) for kind, make in (sinks or {}).items()},
  }
  options = yaml_utils.SafeLineLoader.strip_metadata(spec.get('options', {}))
  options = PipelineOptions(['--runner', 'DirectRunner'], pickle_library='cloudpickle', **options)
  with beam.Pipeline(options=options) as pipeline:
    yaml_transform.expand_pipeline(pipeline, spec, providers=providers, validate_schema=None)
  return {topic: list(messages) for topic, messages in written.items()}


def mutants(test, name, check, rules):
  """Each rule, (what it says, its code, other code), must be seen: with the other code `check` fails."""
  for rule, code, other in rules:
    with test.subTest(rule):
      text = text_of(name)
      # A pipeline that inlines a file for several of its steps has a rule as often.
      test.assertGreaterEqual(text.count(code), 1, code)
      try:
        check(text.replace(code, other))
      except (AssertionError, KeyError):
        print('fails without:', rule, flush=True)
        continue
      test.fail('nothing fails without the rule: ' + rule)
