"""interaction-alerts on a TestStream."""
import json
import unittest

from . import harness
from .harness import at, batch, change, stream

DAY = 86400
NAMES = {1: 'Clopidogrel 75 mg', 2: 'Omeprazole 20 mg', 3: 'Paracetamol 500 mg', 4: 'Lithium carbonate 300 mg',
         5: 'Ibuprofen 400 mg', 6: 'Diclofenac 1% gel', 7: 'Metoprolol succinate 50 mg', 8: 'Bisoprolol 2.5 mg',
         9: 'Ciprofloxacin 0.3% ear drops', 10: 'Prednisolone 5 mg', 23: 'Tamoxifen/anastrozole 20/1 mg',
         24: 'Ethinylestradiol/levonorgestrel 30/150 mcg'}
VARIABLES = {
    'subscription': 'projects/hospital-local/subscriptions/changes', 'history': None, 'history_from': None,
    'lake': None, 'output': None, 'alerts_topic': 'alerts', 'dead_letter_topic': 'dead', 'minimum_severity': 'moderate',
    'days_without_duration': 30, 'grace_days': 8, 'wait_minutes': 60, 'since': None,
}


def medicine(number, order=None, name=None, seconds=-DAY):
  row = {'medicine_id': number, 'name': name or NAMES[number], 'price': '1.00'}
  return change('medicines', 'c' if order is None else 'u', number, row, order or number, seconds)


def prescription(number, patient, medicine_id, order, seconds, duration='10 days', op='c', prescribed=None):
  row = None if op == 'd' else {
      'prescription_id': number, 'patient_id': patient, 'doctor_id': 1, 'medicine_id': medicine_id, 'visit_id': 1,
      'prescribed_at': at(seconds if prescribed is None else prescribed), 'dosage': 'x', 'duration': duration}
  return change('prescriptions', op, {'prescription_id': number}, row, order, seconds)


def p(*args, **kwargs):
  return batch(prescription(*args, **kwargs))


def story():
  """One stream; each patient is a case."""
  old = p(12, 3, 2, 121, 10)
  again = p(31, 9, 2, 311, 30)
  return stream(
      [batch(*[medicine(number) for number in NAMES])],
      0,
      # 1: on time. 2: nothing interacts. 3: out of order, and the repeated message.
      [p(1, 1, 1, 100, 0), p(2, 2, 1, 101, 0), old],
      [p(3, 1, 2, 102, 5), p(4, 2, 3, 103, 5), p(11, 3, 1, 120, 8), old],
      # 4: cancelled. 5: shortened so that the two no longer meet, then longer again. 6: another medicine.
      [p(13, 4, 4, 130, 10), p(14, 4, 5, 131, 11), p(15, 5, 4, 132, 10), p(16, 5, 5, 133, 4 * DAY),
       p(17, 6, 4, 134, 10), p(18, 6, 5, 135, 11)],
      [p(14, 4, 5, 141, 20, op='d'), p(15, 5, 4, 142, 21, '2 days', 'u', prescribed=10),
       p(18, 6, 3, 143, 22, op='u', prescribed=11)],
      [p(15, 5, 4, 152, 31, '2 weeks', 'u', prescribed=10), p(1, 1, 1, 160, 33, op='u', prescribed=0)],
      # 7: the newer version first, the older one is overtaken. 8: the patient's number is merged into 80.
      [p(21, 7, 4, 210, 12), p(22, 7, 5, 230, 14, op='d'), p(22, 7, 5, 220, 13),
       p(23, 8, 4, 240, 12), p(24, 8, 5, 241, 13)],
      [p(23, 80, 4, 250, 40, op='u', prescribed=12), p(24, 80, 5, 251, 40, op='u', prescribed=13)],
      # 9: ends before the other begins; at the very end is over; one second earlier is not.
      [p(30, 9, 1, 310, 20, '1 day'), again, p(32, 9, 2, 312, 20 + DAY, prescribed=20 + DAY, duration='1 day'),
       p(33, 90, 1, 313, 20, '1 day'), p(34, 90, 2, 314, 19 + DAY, prescribed=19 + DAY)],
      # 10: no duration. 11: what acts where it is put. 12: the severest counts.
      [p(40, 10, 1, 400, 20, None), p(41, 10, 2, 401, 29 * DAY), p(42, 100, 1, 402, 20, 'as needed'),
       p(43, 100, 2, 403, 31 * DAY), p(44, 11, 6, 404, 20), p(45, 11, 4, 405, 21), p(46, 11, 9, 406, 22),
       p(47, 11, 10, 407, 23), p(48, 12, 7, 408, 20), p(49, 12, 8, 409, 21), p(80, 19, 23, 410, 20), p(81, 19, 24, 411, 21)],
      # 13: the medicine comes after the prescription. 14: what it is called is corrected.
      [p(50, 13, 21, 500, 20), p(51, 13, 2, 501, 21)],
      [batch(medicine(21, 502, 'Clopidogrel 75 mg', 22))],
      [batch(medicine(22, 520, 'Paracetamol 500 mg', 22)), p(52, 14, 22, 521, 23), p(53, 14, 2, 522, 24)],
      [batch(medicine(22, 530, 'CLOPIDOGREL 75 MG', 25))],
      [batch(medicine(22, 540, 'Paracetamol 500 mg', 26))],
      # 15: taken to its end, and everything that may come again has come: forgotten. Within the grace: not.
      [p(60, 15, 1, 600, 30, '1 day'), p(61, 16, 1, 601, 30, '1 day'), p(64, 17, 1, 604, 30, '1 day'),
       p(65, 17, 2, 605, 31, '1 day')],
      31 + 9 * DAY - 60,
      [p(62, 15, 2, 602, 31 + 9 * DAY - 60, prescribed=40)],
      31 + 9 * DAY + 60,
      [p(63, 16, 2, 603, 31 + 9 * DAY + 60, prescribed=40), p(65, 17, 2, 605, 31, '1 day')],
      # 18: its medicine never comes.
      [p(70, 18, 99, 700, 9 * DAY + 100), batch(change('prescriptions', 't', None, None, 701, 9 * DAY + 101)),
       batch(prescription(71, 18, 1, 702, 9 * DAY + 102) | {'row': {'prescription_id': 71, 'patient_id': 18, 'medicine_id': 1}})],
      10 * DAY,
  )


def states(messages):
  """What each alert's newest message says, and how many there were."""
  found = {}
  for payload, attributes in sorted(messages, key=lambda each: each[1]['version']):
    body = json.loads(payload)
    assert {name: body[name] for name in ('alertId', 'state', 'severity', 'version', 'at')} == {
        name: attributes[name] for name in ('alertId', 'state', 'severity', 'version', 'at')}
    found.setdefault((body['patientId'], *body['prescriptions']), []).append(body['state'])
  return found


R, X = 'raised', 'retracted'
EXPECTED = {
    (1, 1, 3): [R], (3, 11, 12): [R], (4, 13, 14): [R, X], (5, 15, 16): [R, X, R], (6, 17, 18): [R, X],
    (8, 23, 24): [R, X], (80, 23, 24): [R], (9, 30, 31): [R], (90, 33, 34): [R], (10, 40, 41): [R],
    (12, 48, 49): [R], (19, 80, 81): [R], (13, 50, 51): [R], (14, 52, 53): [R, X], (15, 60, 62): [R], (17, 64, 65): [R],
}


def check(text=None, **variables):
  out = harness.run('interaction-alerts', {**VARIABLES, **variables}, story(), text)
  found = states(out.get('alerts', []))
  assert found == EXPECTED, {key: (EXPECTED.get(key), found.get(key))
                             for key in {*EXPECTED, *found} if EXPECTED.get(key) != found.get(key)}
  codes = sorted(attributes['deadLetterCode'] for _, attributes in out.get('dead', []))
  assert codes == ['CHANGE_NOT_FOLLOWED', 'CHANGE_ORPHANED', 'RECORD_BAD_VALUE'], codes
  severities = {attributes['alertId']: attributes['severity'] for _, attributes in out['alerts']}
  assert severities['80-81-tamoxifen-ethinylestradiol'] == 'contraindicated', severities
  return out


RULES = [
    ('a version is taken once, and none that a newer one has overtaken',
     "if before is not None and version['sequence'] <= before['sequence']:", 'if False:'),
    ('an alert is raised once', 'if name not in standing:', 'if True:'),
    ('an alert is retracted', "over = [name for name, alert in standing.items() if one in", "over = [name for name, alert in standing.items() if None in"),
    ('who lost a prescription is told', "if before is not None and before['patient'] is not None and before['patient'] != patient:", 'if False:'),
    ('what is taken to its end does not meet what begins then', 'if start >= end:', 'if start > end:'),
    ('the end counts', "'end': start + (days_without_duration if days is None else days) * DAY,", "'end': start + 3650 * DAY,"),
    ('a duration that cannot be read lasts as long as the parameter says', '(days_without_duration if days is None', '(0 if days is None'),
    ('a week has seven days', "'week': 7", "'week': 1"),
    ('what acts where it is put meets nothing', 'return () if LOCAL.search(name) else tuple', 'return tuple'),
    ('the severest counts', 'return max(found, key', 'return min(found, key'),
    ('a prescription waits for its medicine', "held.add({**fact, 'origin'", "({**fact, 'origin'"),
    ("a medicine's other name counts", "renamed = medicine is None or medicine['name'] != fact['name']", 'renamed = medicine is None'),
    ('an orphan is told of', "if version['origin']:", 'if False:'),
    ('state is kept through the grace', 'return min(end + grace, LATEST)', 'return min(end, LATEST)'),
    ('state is forgotten', "expiry.set(Timestamp(micros=min(each['expires'] for each in prescriptions.values())))", 'pass'),
    ('names are found in any case', 'self.words.findall(name.lower())', 'self.words.findall(name)'),
    ('a truncate is not passed over', 'raise PASSING', 'return'),
]


class InteractionAlerts(unittest.TestCase):
  def test_story(self):
    check()

  def test_each_rule_has_a_mutant_that_fails(self):
    harness.mutants(self, 'interaction-alerts', check, RULES)

  def test_severity_and_since(self):
    out = harness.run('interaction-alerts', {**VARIABLES, 'minimum_severity': 'contraindicated'}, story())
    self.assertEqual(list(states(out['alerts'])), [(12, 48, 49), (19, 80, 81)])
    out = harness.run('interaction-alerts', {**VARIABLES, 'since': at(3 * DAY)}, story())
    self.assertEqual(sorted(states(out['alerts'])), [
        (5, 15, 16), (10, 40, 41), (15, 60, 62)])
    # What a job before this one told is taken back, and not told again.
    out = harness.run('interaction-alerts', {**VARIABLES, 'since': at(100)}, stream(
        [batch(medicine(1), medicine(2))], [p(1, 1, 1, 100, 0), p(2, 1, 2, 101, 5)],
        [p(2, 1, 2, 102, 200, op='d')]))
    self.assertEqual(states(out['alerts']), {(1, 1, 2): [X]})

  def test_versions_do_not_depend_on_the_order_of_arrival(self):
    changes = [batch(medicine(1), medicine(2)), p(1, 1, 1, 100, 0), p(2, 1, 2, 101, 5), p(3, 1, 2, 103, 6)]
    versions = [{(a['alertId'], a['version']) for _, a in harness.run(
        'interaction-alerts', VARIABLES, stream(*[[each] for each in order]))['alerts']}
        for order in (changes, changes[::-1])]
    self.assertEqual(versions[0], versions[1])

  def test_what_can_not_be_read_goes_whole_to_dead_letters(self):
    good, other = prescription(900, 1, 1, 900, 5), prescription(901, 1, 2, 901, 6)
    cases = {
        'MESSAGE_NOT_OURS': [batch(good, format='csv'), batch(good, table='Robert;'), batch(good, count='x')],
        'MESSAGE_CORRUPT': [
            batch(good, count='2'), batch(good, lastOffset='99'), batch(good, topic='another'),
            batch({**good, 'sequence': '1'}), batch({**good, 'row': None}), batch({**good, 'committedAt': 'today'}, published=9),
            batch(good, format='reference', object='changes/prescriptions/date=20260302/x')],
    }
    broken = [harness.with_payload(batch(good, other), payload) for payload in (
        b'', b'no gzip', harness.gzip.compress(b'{"a":1}\n'), harness.gzip.compress(b'\xff\n'),
        batch(good, other).value.payload[:-3])]
    cases['MESSAGE_CORRUPT'] += broken
    expected = sorted(code for code, messages in cases.items() for _ in messages)
    out = harness.run('interaction-alerts', VARIABLES, stream(
        [batch(medicine(1), medicine(2))], [each for messages in cases.values() for each in messages],
        [batch(good, other)]))
    self.assertEqual(sorted(attributes['deadLetterCode'] for _, attributes in out['dead']), expected)
    self.assertEqual({payload for payload, _ in out['dead']} >= {each.value.payload for each in broken}, True)
    self.assertEqual(list(states(out['alerts'])), [(1, 900, 901)])
    self.assertTrue(all(attributes['deadLetterSource'] == 'interaction-alerts' for _, attributes in out['dead']))


if __name__ == '__main__':
  unittest.main()
