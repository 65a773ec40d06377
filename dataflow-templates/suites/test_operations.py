"""operations-5m on a TestStream."""
import json
import unittest

from . import harness
from .harness import batch, change, stream

HOUR, DAY = 3600, 86400
VARIABLES = {
    'subscription': 'projects/hospital-local/subscriptions/changes', 'history': None, 'history_from': None,
    'lake': None, 'output': None, 'insights_topic': 'insights', 'dead_letter_topic': 'dead',
    'allowed_lateness_hours': 24, 'keep_days': 180, 'top': 2,
}


def doctor(number, department, order, minutes, op='c', **kwargs):
  return batch(change('doctors', op, {'doctor_id': number}, {'doctor_id': number, 'specialization': department},
                      order, minutes * 60), **kwargs)


def visit(number, doctor_id, order, minutes, diagnosis=None, op='c', **kwargs):
  row = None if op == 'd' else {'visit_id': number, 'doctor_id': doctor_id, 'patient_id': 1, 'diagnosis': diagnosis}
  return batch(change('visits', op, {'visit_id': number}, row, order, minutes * 60), **kwargs)


def bill(number, visit_id, order, minutes, status='Pending', amount='10.00', op='c', **kwargs):
  row = None if op == 'd' else {'billing_id': number, 'visit_id': visit_id, 'patient_id': 1, 'total_amount': amount,
                                'payment_status': status}
  return batch(change('billing_payments', op, {'billing_id': number}, row, order, minutes * 60), **kwargs)


def story():
  first = visit(1, 1, 100, 1, 'A')
  paid = bill(1, 1, 104, 7, 'Paid', '10.10', 'u')
  return stream(
      [doctor(1, 'Cardiology', 1, -60), doctor(2, 'Urology', 2, -60, 'r'), doctor(4, 'Surgery', 4, -60)],
      # Window 0: a visit, its bill, a diagnosis; repeated; the bill before its visit; another diagnosis after it.
      [first, bill(1, 1, 101, 2, amount='10.10'), bill(2, 2, 103, 2)],
      [first, visit(3, 1, 113, 3.5, 'A', 'u'), visit(2, 1, 102, 2, 'B'), visit(3, 1, 110, 3, 'A'), visit(4, 1, 111, 3, 'C'), visit(5, 2, 112, 4.9, 'A')],
      # Window 1: paid, twice; window 2: what was newer came first.
      [paid], [paid, bill(3, 5, 122, 12, 'Unpaid', '7.00', 'u')],
      [bill(3, 5, 120, 8, amount='7.00'), bill(3, 5, 121, 11, 'Paid', '7.00', 'u')],
      # A cancelled visit: its bill goes first. A bill of a snapshot waits, but was not issued now.
      [visit(6, 2, 130, 6), bill(6, 6, 131, 7), bill(6, 6, 132, 13, op='d'), visit(6, 2, 133, 13, op='d'),
       visit(7, 2, 3, 0, 'Z', 'r'), bill(7, 7, 5, 0, op='r'), bill(8, 7, 6, 0, 'Paid', '99.00', op='r')],
      # A doctor who comes after all else, and one who moves to another department within a window.
      [visit(8, 3, 140, 16), visit(9, 4, 141, 16), visit(10, 4, 142, 23), doctor(4, 'Oncology', 143, 18, 'u')],
      # A corrected amount; a bill given to another visit.
      [bill(1, 1, 150, 26, 'Paid', '12.35', 'u'), bill(2, 5, 151, 26, op='u')],
      2 * HOUR,
      [doctor(3, 'Neurology', 160, -50, published=2 * HOUR)],
      # Late: a visit in window 0, a bill that was paid in window 1 after all.
      [visit(11, 1, 105, 3, 'C', published=2 * HOUR), bill(7, 7, 7, 8, 'Paid', '3.00', 'u', published=2 * HOUR)],
      3 * HOUR,
      [visit(12, 1, 170, 0, published=DAY + 1), visit(13, 1, 171, 181) , bill(9, 13, 172, 181, 'Lost'),
       bill(9, 13, 173, 181, amount='1e3'), batch(change('visits', 't', None, None, 174, 181 * 60))],
      40 * DAY,
      # Long after: what waits from before still does.
      [bill(21, 5, 181, 41 * 1440)],
      42 * DAY,
  )


def row(visits=0, cancelled=0, issued=0, waiting=0, revenue='0.00', top=()):
  return {'visits': visits, 'visitsCancelled': cancelled, 'billsIssued': issued, 'waitingBills': waiting,
          'revenue': revenue, 'topDiagnoses': [{'diagnosis': name, 'visits': count} for name, count in top]}


EXPECTED = {
    ('Cardiology', '5m', 0): row(5, 0, 2, 2, top=[('A', 2), ('C', 2)]),
    ('Cardiology', '5m', 5): row(waiting=1, revenue='10.10'),
    ('Cardiology', '5m', 25): row(waiting=0, revenue='2.25'),
    ('Cardiology', '1h', 0): row(5, 0, 2, 0, '12.35', [('A', 2), ('C', 2)]),
    ('Cardiology', '5m', 180): row(1), ('Cardiology', '1h', 180): row(1),
    ('Urology', '5m', 0): row(1, waiting=1, top=[('A', 1)]),
    ('Urology', '5m', 5): row(1, 0, 2, 2, '3.00'),
    ('Urology', '5m', 10): row(0, 1, 0, 0),
    ('Urology', '5m', 25): row(waiting=1),
    ('Urology', '1h', 0): row(2, 1, 2, 1, '3.00', [('A', 1)]),
    ('Urology', '5m', 41 * 1440): row(0, 0, 1, 2), ('Urology', '1h', 41 * 1440): row(0, 0, 1, 2),
    ('Neurology', '5m', 15): row(1), ('Neurology', '1h', 0): row(1),
    ('Surgery', '5m', 15): row(), ('Surgery', '1h', 0): row(),
    ('Oncology', '5m', 15): row(1), ('Oncology', '5m', 20): row(1), ('Oncology', '1h', 0): row(2),
    ('unknown', '5m', 15): row(), ('unknown', '1h', 0): row(),
}


def check(text=None):
  out = harness.run('operations-5m', VARIABLES, story(), text)
  newest, told = {}, {}
  for payload, attributes in out.get('insights', []):
    body = json.loads(payload)
    minutes = (harness.datetime.datetime.fromisoformat(body['windowStart']) - harness.T0).total_seconds() / 60
    key = (body.pop('department'), body.pop('size'), int(minutes))
    assert attributes['department'] == key[0] and attributes['revision'] == str(body['revision'])
    told.setdefault(key, []).append(body['revision'])
    if body['revision'] == max(told[key]):
      newest[key] = {name: body[name] for name in row()}
  empty = {key for key, each in EXPECTED.items() if each == row()}
  expected = {key: each for key, each in EXPECTED.items() if key not in empty or key in newest}
  assert newest == expected, {key: (expected.get(key), newest.get(key)) for key in {*expected, *newest}
                              if expected.get(key) != newest.get(key)}
  assert all(sorted(each) == list(range(1, len(each) + 1)) for each in told.values()), told
  assert told[('Urology', '5m', 10)][-1] >= 2, 'a late payment changes what was waiting later'
  codes = sorted(attributes['deadLetterCode'] for _, attributes in out.get('dead', []))
  assert codes == ['CHANGE_NOT_FOLLOWED', 'CHANGE_TOO_LATE', 'RECORD_BAD_VALUE', 'RECORD_BAD_VALUE'], codes


RULES = [
    ('a window has five minutes', 'FIVE_MINUTES = 300_000_000', 'FIVE_MINUTES = 600_000_000'),
    ('an hour has twelve windows', "'1h': 12 * FIVE_MINUTES", "'1h': 11 * FIVE_MINUTES"),
    ('late data still counts', 'allowed_lateness=lateness // 1_000_000)', 'allowed_lateness=0)'),
    ('what comes again counts once', "state['visit'][versions[0]['sequence']] = versions[0]",
     "state['visit'][(versions[0]['sequence'], len(state['visit']))] = versions[0]"),
    ('changes count in their order', 'ordered = [versions[each] for each in sorted(versions)]', 'ordered = list(versions.values())'),
    ('a deleted visit is cancelled', 'if now is None and before is not None:', 'if False:'),
    ('a snapshot issues nothing', "if each['op'] == 'c' and now:", 'if now and index == 0:'),
    ('a snapshot was paid before', "if index > 0 or each['op'] != 'r':", 'if True:'),
    ('revenue is what more was paid', "add(each, doctor, 'revenue', pays - paid)", "add(each, doctor, 'revenue', pays)"),
    ('a paid bill waits no more', "add(each, doctor, 'waiting', waits - waiting)", "add(each, doctor, 'waiting', waits)"),
    ('a bill that went elsewhere is gone', "here = [each if each['is'] and each['is']['visit'] == visit else {**each, 'is': None} for each in ordered]",
     "here = [each for each in ordered if not each['is'] or each['is']['visit'] == visit]"),
    ('the department is that at the end of the window', "before = [each for each in known if each['at'] < end]", 'before = []'),
    ('what was told of the wrong department is taken back', "starts = list(state['sums'])", 'starts = []'),
    ('bills that wait add up over windows', 'for at, sums in state[\'windows\'].items() if at < end)', "for at, sums in state['windows'].items() if start <= at < end)"),
    ('windows that are over go, and what waits stays', "state['before'] += state['windows'].pop(start).get('waiting', 0)",
     "state['windows'].pop(start)"),
    ('what waits later is told again', "if 'waiting' in sums:", 'if False:'),
    ('a diagnosis that stays counts once', "before is None or before['diagnosis'] != now['diagnosis']):", 'True):'),
    ('the most frequent come first', 'found = [(-amount, name', 'found = [(amount, name'),
    ('too late goes to dead letters', 'published - committed > self.lateness', 'False'),
    ('a truncate is not passed over', 'raise PASSING', 'return'),
]


class Operations(unittest.TestCase):
  def test_story(self):
    check()

  def test_each_rule_has_a_mutant_that_fails(self):
    harness.mutants(self, 'operations-5m', check, RULES)


if __name__ == '__main__':
  unittest.main()
