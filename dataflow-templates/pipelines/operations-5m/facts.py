# Inlined into operations-5m: what a visit with its bills contributes, and to which window.
import collections
import decimal

from apache_beam.coders import PickleCoder
from apache_beam.transforms import trigger, window
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec, TimerSpec, on_timer
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.timestamp import Timestamp

LATEST = 9_000_000_000_000_000
FIVE_MINUTES = 300_000_000
STATUSES = ('Pending', 'Paid', 'Unpaid')
PASSING = Fault('CHANGE_NOT_FOLLOWED', 'op=t: a truncate; start the job anew with the parameter history')
MONEY = re.compile(r'^-?[0-9]{1,30}(\.[0-9]{1,2})?$', re.ASCII)


def whole(row, name):
  value = row.get(name)
  if type(value) is not int:
    raise Fault('RECORD_BAD_VALUE', 'column=' + name)
  return value


def cents(text):
  if not isinstance(text, str) or not MONEY.match(text):
    raise Fault('RECORD_BAD_VALUE', 'column=total_amount')
  return int(decimal.Decimal(text) * 100)


def visit_facts(row):
  diagnosis = row.get('diagnosis')
  if diagnosis is not None and not isinstance(diagnosis, str):
    raise Fault('RECORD_BAD_VALUE', 'column=diagnosis')
  return {'doctor': whole(row, 'doctor_id'), 'diagnosis': diagnosis}


def bill_facts(row):
  if row.get('payment_status') not in STATUSES:
    raise Fault('RECORD_BAD_VALUE', 'column=payment_status')
  return {'visit': whole(row, 'visit_id'), 'status': row['payment_status'], 'cents': cents(row.get('total_amount'))}


def doctor_facts(row):
  if not isinstance(row.get('specialization'), str):
    raise Fault('RECORD_BAD_VALUE', 'column=specialization')
  return {'department': row['specialization']}


KINDS = {'visits': ('visit_id', visit_facts), 'billing_payments': ('billing_id', bill_facts),
         'doctors': ('doctor_id', doctor_facts)}


class Read(beam.DoFn):
  """Changes to (id, version) of visits, bills and doctors, each in its own output."""
  def __init__(self, job, lateness):
    self.job, self.lateness = job, lateness

  def process(self, element):
    change, line = element
    try:
      if change['op'] == 't':
        raise PASSING
      key, facts = KINDS[change['table']]
      committed = micros(change['committedAt'])
      version = {'sequence': change['sequence'], 'op': change['op'], 'at': committed,
                 'is': None if change['row'] is None else facts(change['row'])}
      published = change['published']
      # The watermark never passes what is published and not yet read, so nothing that is let through is dropped.
      if published is not None and published - committed > self.lateness:
        raise Fault('CHANGE_TOO_LATE', 'published later than allowed_lateness after its commit')
      yield beam.pvalue.TaggedOutput(change['table'], (whole(change['key'], key), version))
    except Fault as fault:
      yield beam.pvalue.TaggedOutput('dead', dead_change(self.job, fault, line, change))


class VisitOfBill(beam.DoFn):
  """Keyed by bill: gives each visit that had the bill its history there, anew with each version."""
  KNOWN = ReadModifyWriteStateSpec('known', PickleCoder())
  EXPIRY = TimerSpec('expiry', TimeDomain.WATERMARK)

  def __init__(self, keep):
    self.keep = keep

  def process(self, element, known=beam.DoFn.StateParam(KNOWN), expiry=beam.DoFn.TimerParam(EXPIRY)):
    bill, version = element
    versions = known.read() or {}
    if version['sequence'] in versions:
      return
    versions[version['sequence']] = version
    known.write(versions)
    expiry.set(Timestamp(micros=min(max(each['at'] for each in versions.values()) + self.keep, LATEST)))
    ordered = [versions[each] for each in sorted(versions)]
    for visit in {each['is']['visit'] for each in ordered if each['is']}:
      # Where the bill went elsewhere it is gone from this visit.
      here = [each if each['is'] and each['is']['visit'] == visit else {**each, 'is': None} for each in ordered]
      yield visit, ('bill', bill, here)

  @on_timer(EXPIRY)
  def forget(self, known=beam.DoFn.StateParam(KNOWN)):
    known.clear()


def doctor_at(visit, sequence):
  """The visit's doctor when something of that sequence happened; its first one before it; 0 while it has not come."""
  known = [each for each in visit if each['is']]
  before = [each for each in known if each['sequence'] <= sequence]
  return (before[-1] if before else known[0])['is']['doctor'] if known else 0


def contributions(visit, bills):
  """{(window, doctor, measure): amount} of a visit's versions and those of its bills, each in order."""
  sums = collections.Counter()
  def add(each, doctor, measure, amount):
    sums[(each['at'] // FIVE_MINUTES * FIVE_MINUTES, doctor, measure)] += amount
  before = None
  for each in visit:
    now = each['is']
    if each['op'] == 'c':
      add(each, now['doctor'], 'visits', 1)
    if now is None and before is not None:
      add(each, before['doctor'], 'visitsCancelled', 1)
    if now and now['diagnosis'] is not None and each['op'] != 'r' and (
        before is None or before['diagnosis'] != now['diagnosis']):
      add(each, now['doctor'], 'diagnosis:' + now['diagnosis'], 1)
    before = now
  for versions in bills:
    waiting = paid = 0
    for index, each in enumerate(versions):
      now, doctor = each['is'], doctor_at(visit, each['sequence'])
      waits, pays = int(bool(now) and now['status'] == 'Pending'), now['cents'] if now and now['status'] == 'Paid' else 0
      add(each, doctor, 'waiting', waits - waiting)
      # What a snapshot finds was paid before.
      if index > 0 or each['op'] != 'r':
        add(each, doctor, 'revenue', pays - paid)
      if each['op'] == 'c' and now:
        add(each, doctor, 'billsIssued', 1)
      waiting, paid = waits, pays
  return {name: amount for name, amount in sums.items() if amount}


def differences(before, now):
  """What to add to `before` to get `now`."""
  return {name: now.get(name, 0) - before.get(name, 0) for name in {*before, *now}
          if now.get(name, 0) != before.get(name, 0)}


class Contribute(beam.DoFn):
  """Keyed by visit: gives (doctor, sums of a window) to add, so that the total is always that of all that has come."""
  KNOWN = ReadModifyWriteStateSpec('known', PickleCoder())
  EXPIRY = TimerSpec('expiry', TimeDomain.WATERMARK)

  def __init__(self, keep):
    self.keep = keep

  def process(self, element, known=beam.DoFn.StateParam(KNOWN), expiry=beam.DoFn.TimerParam(EXPIRY)):
    _, (kind, bill, versions) = element
    state = known.read() or {'visit': {}, 'bills': {}, 'told': {}}
    if kind == 'visit':
      state['visit'][versions[0]['sequence']] = versions[0]
    elif len(versions) > len(state['bills'].get(bill, ())):
      state['bills'][bill] = versions
    visit = [state['visit'][each] for each in sorted(state['visit'])]
    now = contributions(visit, state['bills'].values())
    changed = differences(state['told'], now)
    state['told'] = now
    known.write(state)
    newest = max(each['at'] for each in [*visit, *(each for of_bill in state['bills'].values() for each in of_bill)])
    expiry.set(Timestamp(micros=min(newest + self.keep, LATEST)))
    parts = collections.defaultdict(dict)
    for (start, doctor, measure), amount in changed.items():
      parts[(start, doctor)][measure] = amount
    for (start, doctor), sums in parts.items():
      yield TimestampedValue((doctor, (start, sums)), Timestamp(micros=start + FIVE_MINUTES - 1))

  @on_timer(EXPIRY)
  def forget(self, known=beam.DoFn.StateParam(KNOWN)):
    known.clear()
