"""changes-to-bigquery, changes-to-lake-parquet and postgres-to-lake: Java ends are mocked, ours are real."""
import glob
import json
import os
import shutil
import tempfile
import unittest

import apache_beam as beam
import pyarrow.parquet
import yaml
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.utils.timestamp import Timestamp
from apache_beam.yaml import yaml_testing, yaml_utils

from . import harness
from .harness import TOPIC, batch, change, stamp, stream

DAY = 86400
BIGQUERY = {
    'subscription': 'projects/hospital-local/subscriptions/changes', 'lake': '/nowhere', 'keep_days': 16, 'streams': 2,
    'dataset': 'hospital-local:raw', 'dead_letter_topic': 'dead', 'tables': ['visits', 'doctors'], 'loaded': {},
}


def visit(number, order, seconds=0, op='c', **row):
  row = None if op == 'd' else {'visit_id': number, 'total_cost': '120.50', 'diagnosis': 'J45 "Ä" \\', **row}
  return change('visits', op, {'visit_id': number}, row, order, seconds)


class Write(beam.PTransform):
  """BigQuery's end: keeps rows by table; refuses one that it is told to."""
  def __init__(self, table):
    super().__init__()
    self.table = table

  def expand(self, rows):
    kept = rows | beam.Map(keep_row, self.table)
    refused = (
        rows | beam.Filter(lambda row: row.row_key == '666')
        | beam.Map(lambda row: beam.Row(failed_row=row, error_message='secret')))
    return {'output': kept, 'refused': refused}


def keep_row(row, table):
  harness.written.setdefault(table, []).append(row)


def check_bigquery(text=None):
  offset = harness.offsets.get('visits', -1) + 1
  changes = [visit(1, 10), visit(1, 11, 1, 'u', visit_id=1), visit(2, 12, 2), visit(2, 13, 3, 'd'), visit(3, 14, 4),
             change('visits', 't', None, None, 15, 5), visit(666, 16, 6)]
  loaded = {TOPIC % 'visits' + ':0': [[offset + 4, offset + 4]]}
  again = batch(changes[1], changes[2])
  late = batch(changes[3], published=15 * DAY)
  out = harness.run('changes-to-bigquery', {**BIGQUERY, 'loaded': loaded}, stream(
      [batch(*changes)], [again], [batch(*changes)], 15 * DAY, [late],
      [batch(change('doctors', 'r', {'doctor_id': 9007199254740993}, {'doctor_id': 9007199254740993}, 1, 0),
             published=15 * DAY)]),
      text, sinks={'WriteToBigQuery': lambda table, **config: Write((table, tuple(sorted(config))))})
  config = ('create_disposition', 'num_streams', 'write_disposition')
  tables = {table: rows for (table, *_), rows in ((key, value) for key, value in out.items() if isinstance(key, tuple))}
  rows = sorted(tables['hospital-local:raw.visits_changes'], key=lambda row: row.offset)
  assert [row.offset - offset for row in rows] == [0, 1, 2, 3, 5, 6], [row.offset - offset for row in rows]
  first, deleted, truncated = rows[0], rows[3], rows[4]
  assert (first.op, first.row_key, first.key, first.sequence, first.txId) == (
      'c', '1', '{"visit_id":1}', '%016x/%016x/0000' % (10, 10), 10), first
  assert json.loads(first.row) == changes[0]['row'] and 'Ä' in first.row, first.row
  assert first.committedAt == stamp(0) and isinstance(first.loadedAt, Timestamp), first
  assert deleted.row is None and truncated.key is None and truncated.row_key is None
  [doctor] = tables['hospital-local:raw.doctors_changes']
  assert doctor.row_key == '9007199254740993', doctor
  [(payload, attributes)] = out['dead']
  assert attributes['deadLetterCode'] == 'WAREHOUSE_REFUSED' and 'secret' not in str(attributes), attributes
  # What was refused can be sent again: it is the change, line for line.
  assert json.loads(harness.gzip.decompress(payload)) == changes[6], payload


BIGQUERY_RULES = [
    ('each change once', 'if bits[at] >> bit & 1:', 'if False:'),
    ('what the log has is left out', "if any(first <= change['offset'] <= last for first, last in ranges):", 'if False:'),
    ('what comes again late is still known', "newest = max(micros(change['committedAt']), change['published'] or 0)",
     'newest = -100 * 86_400_000_000'),
    ('a key is its value as text', 'return value if isinstance(value, str) else text_of(value)', 'return text_of(key)'),
    ('rows go to their own table', "element[0]['table'] == table, table)", 'True, table)'),
]


def lake_story(folder, text=None):
  harness.offsets['visits'] = 99
  changes = [visit(number, 20 + number, number) for number in range(8)]
  night = visit(9, 40, 16 * 3600 + 1)
  messages = [batch(*changes[:3]), batch(*changes[5:])]
  # The clock of Beam's own batches is the machine's, so here it is the count that ends them.
  source = stream([*messages, messages[0]], [batch(night)], [batch(*changes[:4])], DAY)
  variables = {**{name: BIGQUERY[name] for name in ('subscription', 'dead_letter_topic', 'tables', 'keep_days')},
               'lake': folder, 'seconds': 30, 'changes': 6}
  harness.run('changes-to-lake-parquet', variables, source, text)
  names = sorted(os.path.relpath(path, folder) for path in glob.glob(folder + '/**/*.parquet', recursive=True))
  return changes, night, names


def check_lake(text=None):
  folder = tempfile.mkdtemp()
  try:
    changes, night, names = lake_story(folder, text)
    prefix = 'changes/visits/date=%s/postgres-source.public.visits-0-%020d-%020d'
    assert names == sorted([
        prefix % ('20260302', 100, 107) + '.1.3-2.parquet',
        prefix % ('20260302', 103, 103) + '.1.parquet',
        prefix % ('20260303', 108, 108) + '.1.parquet']), names
    table = pyarrow.parquet.read_table(os.path.join(folder, names[0]), partitioning=None)
    rows = table.to_pylist()
    assert [row['offset'] for row in rows] == [100, 101, 102, 105, 106, 107], rows
    wanted = {**{name: changes[0][name] for name in (
        'table', 'op', 'sequence', 'txId', 'committedAt', 'capturedAt', 'topic', 'partition', 'offset')}, 'row_key': '0'}
    assert {name: rows[0][name] for name in wanted} == wanted, rows[0]
    assert json.loads(rows[0]['row']) == changes[0]['row'] and rows[0]['key'] == '{"visit_id":0}'
    assert str(table.schema.field('partition').type) == 'int32'
  finally:
    shutil.rmtree(folder)


LAKE_RULES = [
    ('each change once', 'if bits[at] >> bit & 1:', 'if False:'),
    ('what is not inside stands in the name', 'if other > one + 1:', 'if False:'),
    ('a day is a folder', "day = change['committedAt'][:10]", "day = '20260302'"),
    ('rows lie in the order of their offsets', 'for offset in sorted(by_offset)', 'for offset in sorted(by_offset)[::-1]'),
    ('a file has so many changes at the most', 'GroupIntoBatches(self.changes,', 'GroupIntoBatches(100_000,'),
]

POSTGRES = {
    'jdbc_url': 'jdbc:postgresql://10.0.0.1:5432/hospital', 'username': 'reader', 'connection_properties': None,
    'table': 'medicines', 'lake': '/nowhere', 'day': '20260302', 'fetch_size': 50_000, 'query': 'SELECT 1',
    'columns': [['medicine_id', 'integer', False], ['name', 'text', False], ['category', 'text', True],
                ['price', 'text', False]],
}


def check_postgres(text=None):
  spec = yaml.load(harness.render('postgres-to-lake', POSTGRES, text), Loader=yaml_utils.SafeLineLoader)
  row = lambda number, name, category, price: beam.Row(medicine_id=number, name=name, category=category, price=price)
  tests = {
      'name': 'rows as they are, and one that lacks a name is told of',
      'mock_outputs': [{'name': 'Read', 'elements': [
          {'medicine_id': 1, 'name': 'A', 'category': None, 'price': '10.00'},
          {'medicine_id': 9007199254740993, 'name': 'B', 'category': 'C', 'price': '0.10'},
          {'medicine_id': 3, 'name': None, 'category': 'C', 'price': '1.00'}]}],
      'expected_inputs': [
          {'name': 'Rows', 'elements': [
              {'medicine_id': 1, 'name': 'A', 'category': None, 'price': '10.00'},
              {'medicine_id': 9007199254740993, 'name': 'B', 'category': 'C', 'price': '0.10'}]},
          {'name': 'Refused', 'elements': [{'key': '3', 'column': 'name'}]}],
  }
  try:
    yaml_testing.run_test(spec, tests, PipelineOptions(['--runner', 'DirectRunner'], pickle_library='cloudpickle'))
  except Exception as error:
    raise AssertionError(str(error)) from None


class Movers(unittest.TestCase):
  def test_changes_to_bigquery(self):
    check_bigquery()
    harness.mutants(self, 'changes-to-bigquery', check_bigquery, BIGQUERY_RULES)

  def test_changes_to_lake_parquet(self):
    check_lake()
    harness.mutants(self, 'changes-to-lake-parquet', check_lake, LAKE_RULES)

  def test_postgres_to_lake(self):
    check_postgres()
    harness.mutants(self, 'postgres-to-lake', check_postgres, [
        ('a column that may not be null is not', '(value is None and not nullable)', 'False')])


if __name__ == '__main__':
  unittest.main()
