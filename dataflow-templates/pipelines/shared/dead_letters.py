# Inlined into pipelines. Dead letters as functions publish them: hospital/dead-letter.ts has the format.
import hashlib
import time
import typing

import apache_beam as beam

MESSAGE = beam.typehints.row_type.RowTypeConstraint.from_fields(
    [('payload', bytes), ('attributes', typing.Mapping[str, str])])
MOST_PAYLOAD = 9_000_000


def dead_letter(source, fault, payload, attributes, published=None, lake_object=None):
  """(payload, attributes) for the dead-letter topic: the original with the reason in attributes."""
  name = hashlib.sha256(payload + repr(sorted(attributes.items())).encode()).hexdigest()
  note = {
      'deadLetterCode': fault.code,
      'deadLetterReason': fault.reason[:1000],
      'deadLetterSource': source,
      'deadLetteredAt': instant(int(time.time() * 1e6)),
      'deadLetterMessageId': name,
  }
  if published is not None:
    note['deadLetterOriginAt'] = instant(published)
  if all(attributes.get(each) for each in ('topic', 'partition', 'firstOffset')):
    note.update(
        deadLetterTopic=attributes['topic'],
        deadLetterPartition=attributes['partition'],
        deadLetterOffset=attributes['firstOffset'])
  if lake_object is not None:
    note['deadLetterObject'] = lake_object
  kept = {k: v for k, v in attributes.items() if not k.startswith(('deadLetter', 'goog', 'CloudPubSub'))}
  return payload, {**dict(list(kept.items())[:80]), **note}


def dead_change(source, fault, line, change):
  """One change as a batch of its own, so that a replay can send it again."""
  offset = str(change['offset'])
  attributes = {
      'table': change['table'], 'topic': change['topic'], 'partition': str(change['partition']),
      'firstOffset': offset, 'lastOffset': offset, 'count': '1', 'format': 'ndjson.gz',
  }
  payload = gzip.compress((line + '\n').encode(), mtime=0)
  return dead_letter(source, fault, payload, attributes, micros(change['committedAt']))


def messages(label, pairs):
  """(payload, attributes) as rows that WriteToPubSub takes."""
  to_row = lambda pair: beam.Row(payload=pair[0], attributes=pair[1])
  return pairs | label >> beam.Map(to_row).with_output_types(MESSAGE)


def joined(collections):
  """One collection of several: Beam YAML's own Flatten turns maps into lists of their keys (2.75)."""
  return tuple(collections.values()) | 'Join' >> beam.Flatten() if isinstance(collections, dict) else collections


def keyed(label, pairs, key=int):
  """Pairs whose key has a coder that gives the same bytes for the same key, as state needs it."""
  return pairs | label >> beam.Map(lambda pair: pair).with_output_types(typing.Tuple[key, typing.Any])
