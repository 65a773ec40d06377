"""activity-sessions on a TestStream."""
import json
import unittest

from . import harness
from .harness import at, batch, change, stream

HOUR, DAY = 3600, 86400
VARIABLES = {
    'subscription': 'projects/hospital-local/subscriptions/changes', 'history': None, 'history_from': None,
    'lake': None, 'output': None, 'insights_topic': 'insights', 'dead_letter_topic': 'dead',
    'kinds': {'visits': 'visits', 'billing_payments': 'bills', 'prescriptions': 'prescriptions',
              'laboratory_tests': 'tests'},
    'gap_minutes': 30, 'allowed_lateness_hours': 24,
}
KEYS = {'visits': 'visit_id', 'billing_payments': 'billing_id', 'laboratory_tests': 'test_id'}


def did(table, number, patient, order, minutes, op='c', **kwargs):
  key = {KEYS[table]: number}
  row = None if op == 'd' else {**key, 'patient_id': patient}
  return batch(change(table, op, key, row, order, minutes * 60), **kwargs)


def story():
  repeated = did('billing_payments', 1, 1, 11, 10)
  return stream(
      # 1: visit, bill (twice), test in one session; the visit's own update counts as a change, not as a visit.
      [did('visits', 1, 1, 10, 0), repeated], [repeated, did('laboratory_tests', 1, 1, 12, 35)],
      [did('visits', 1, 1, 13, 40, 'u'), did('visits', 3, 3, 30, 0, 'r'), did('visits', 3, 3, 31, 5, 'd')],
      # 2: a pause of exactly the gap divides; one second less does not.
      [did('visits', 2, 2, 20, 0), did('visits', 21, 2, 21, 30), did('visits', 22, 2, 22, 59.9)],
      # 4: two sessions, and late what joins them. 5: late, before the session that was told. 6: late and alone.
      [did('visits', 4, 4, 40, 0), did('visits', 41, 4, 41, 50), did('visits', 5, 5, 50, 60)],
      5 * HOUR,
      [did('visits', 42, 4, 42, 25, published=5 * HOUR), did('visits', 51, 5, 51, 40, published=5 * HOUR),
       did('visits', 6, 6, 60, 100, published=5 * HOUR)],
      # Repeated after it was told: nothing new is said. At the very end of the lateness, and a second after it.
      [repeated],
      23 * HOUR,
      [did('visits', 7, 7, 70, 0, published=DAY), did('visits', 8, 8, 80, 0, published=DAY + 1)],
      30 * DAY,
  )


EXPECTED = {
    1: [('closed', 0, 70, 4, {'visits': 1, 'bills': 1, 'tests': 1})],
    2: [('closed', 0, 30, 1, {'visits': 1}), ('closed', 30, 89.9, 2, {'visits': 2})],
    4: [('closed', 0, 30, 1, {'visits': 1}), ('closed', 50, 80, 1, {'visits': 1}), ('replaced', 50, 80, 0, {}),
        ('closed', 0, 80, 3, {'visits': 3})],
    5: [('closed', 60, 90, 1, {'visits': 1}), ('replaced', 60, 90, 0, {}), ('closed', 40, 90, 2, {'visits': 2})],
    6: [('closed', 100, 130, 1, {'visits': 1})], 7: [('closed', 0, 30, 1, {'visits': 1})],
}


def check(text=None):
  out = harness.run('activity-sessions', VARIABLES, story(), text)
  found = {}
  for payload, attributes in out.get('insights', []):
    body = json.loads(payload)
    minutes = lambda name: (harness.datetime.datetime.fromisoformat(body[name]) - harness.T0).total_seconds() / 60
    counts = {kind: body[kind] for kind in set(VARIABLES['kinds'].values()) if body[kind]}
    session = (body['state'], minutes('start'), minutes('end'), body['changes'], counts)
    assert attributes['sessionId'] == body['sessionId'] and attributes['state'] == body['state']
    found.setdefault(body['patientId'], []).append((body['revision'], session))
  newest = {patient: [session for _, session in sorted(each, key=lambda one: (one[0], one[1][0] == 'closed', one[1][1]))]
            for patient, each in found.items()}
  assert newest == EXPECTED, {key: (EXPECTED.get(key), newest.get(key)) for key in {*EXPECTED, *newest}
                              if EXPECTED.get(key) != newest.get(key)}
  dead = [(attributes['deadLetterCode'], attributes['deadLetterOffset']) for _, attributes in out.get('dead', [])]
  assert [code for code, _ in dead] == ['CHANGE_TOO_LATE'], dead


RULES = [
    ('a pause of the gap divides', 'window.Sessions(self.gap / 1e6)', 'window.Sessions(self.gap / 1e6 + 1)'),
    ('late data still counts', 'allowed_lateness=self.lateness // 1_000_000', 'allowed_lateness=0'),
    ('each change counts once', 'return seen | {activity}', 'return seen | {(*activity[:4], activity[4], len(seen))}'),
    ('what grew together is taken back', 'sorted(each for each in met if each != start)', '()'),
    ('a session grows by what came late', 'trigger.AccumulationMode.ACCUMULATING', 'trigger.AccumulationMode.DISCARDING'),
    ('snapshots and deletes are no activity', "if change['op'] not in ('c', 'u'):", "if change['op'] == 'd':"),
    ('too late goes to dead letters', "change['published'] - committed > self.lateness", 'False'),
    ('in time is never too late', "change['published'] - committed > self.lateness", "change['published'] - committed >= self.lateness"),
    ('a row counts once', 'rows = {each[:3] for each in activities}', 'rows = set(activities)'),
    ('a repetition tells nothing', "if told.get(start) and told[start][2] == activities:", 'if False:'),
]


class ActivitySessions(unittest.TestCase):
  def test_story(self):
    check()

  def test_each_rule_has_a_mutant_that_fails(self):
    harness.mutants(self, 'activity-sessions', check, RULES)


if __name__ == '__main__':
  unittest.main()
