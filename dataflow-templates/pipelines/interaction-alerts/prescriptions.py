# Inlined into interaction-alerts: what a prescription's change says, and which medicine it is of.
from apache_beam.coders import PickleCoder, FloatCoder
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import (
    BagStateSpec, ReadModifyWriteStateSpec, TimerSpec, on_timer)
from apache_beam.utils.timestamp import Timestamp

DAY = 86_400_000_000
LATEST = 9_000_000_000_000_000
DURATION = re.compile(r'^\s*0*([1-9][0-9]{0,4})\s+(day|week|month)s?\s*$', re.ASCII | re.IGNORECASE)
UNIT_DAYS = {'day': 1, 'week': 7, 'month': 30}
PASSING = Fault('CHANGE_NOT_FOLLOWED', 'op=t: a truncate; start the job anew with the parameter history')


def duration_days(text):
  """Days of `3 days`, `1 week`, `6 months`; None for everything else, as in the dbt project."""
  match = DURATION.match(text) if isinstance(text, str) else None
  return match and int(match.group(1)) * UNIT_DAYS[match.group(2).lower()]


def whole(row, name):
  value = row.get(name)
  if type(value) is not int:
    raise Fault('RECORD_BAD_VALUE', 'column=' + name)
  return value


def prescription_of(change, days_without_duration):
  """The parts of a prescription that matter here; None for a deleted one. Raises Fault."""
  row = change['row']
  if row is None:
    return None
  start = micros(row.get('prescribed_at'))
  if start is None:
    raise Fault('RECORD_BAD_VALUE', 'column=prescribed_at')
  days = duration_days(row.get('duration'))
  return {
      'patient': whole(row, 'patient_id'),
      'medicine': whole(row, 'medicine_id'),
      'start': start,
      'end': start + (days_without_duration if days is None else days) * DAY,
      'assumed': days is None,
  }


def expiry_of(committed, prescription, grace):
  """When nobody needs a prescription any more: it was taken to its end and what comes again has come."""
  end = committed if prescription is None else max(committed, prescription['end'])
  return min(end + grace, LATEST)


class Read(beam.DoFn):
  """Splits changes: medicines as (id, fact), prescriptions as (id, version); and dead letters."""
  def __init__(self, job, days_without_duration, grace):
    self.job, self.days, self.grace = job, days_without_duration, grace

  def process(self, element):
    change, line = element
    try:
      if change['op'] == 't':
        raise PASSING
      if change['table'] == 'medicines':
        yield beam.pvalue.TaggedOutput('medicines', self.medicine(change))
      else:
        prescription = prescription_of(change, self.days)
        committed = micros(change['committedAt'])
        yield whole(change['key'], 'prescription_id'), {
            'id': change['key']['prescription_id'], 'sequence': change['sequence'], 'committed': committed,
            'is': prescription, 'expires': expiry_of(committed, prescription, self.grace),
            'origin': (change, line),
        }
    except Fault as fault:
      yield beam.pvalue.TaggedOutput('dead', dead_change(self.job, fault, line, change))

  @staticmethod
  def medicine(change):
    row = change['row']
    name = None if row is None else row.get('name')
    if row is not None and not isinstance(name, str):
      raise Fault('RECORD_BAD_VALUE', 'column=name')
    committed = micros(change['committedAt'])
    return whole(change['key'], 'medicine_id'), {
        'sequence': change['sequence'], 'name': name, 'committed': committed}


class Newest(beam.DoFn):
  """Keyed by prescription: passes each version on once and none that a newer one has overtaken."""
  KNOWN = ReadModifyWriteStateSpec('known', PickleCoder())
  EXPIRY = TimerSpec('expiry', TimeDomain.WATERMARK)

  def process(self, element, known=beam.DoFn.StateParam(KNOWN), expiry=beam.DoFn.TimerParam(EXPIRY)):
    _, version = element
    before = known.read()
    if before is not None and version['sequence'] <= before['sequence']:
      return
    patient = version['is'] and version['is']['patient']
    expires = max(version['expires'], before['expires'] if before else 0)
    known.write({'sequence': version['sequence'], 'patient': patient, 'expires': expires})
    expiry.set(Timestamp(micros=expires))
    if before is not None and before['patient'] is not None and before['patient'] != patient:
      yield beam.pvalue.TaggedOutput('left', (before['patient'], {**version, 'is': None, 'origin': None}))
    if patient is not None:
      yield version['is']['medicine'], version

  @on_timer(EXPIRY)
  def forget(self, known=beam.DoFn.StateParam(KNOWN)):
    known.clear()


class OfMedicine(beam.DoFn):
  """Keyed by medicine: gives (patient, version) with its ingredients, again when the medicine's name changed."""
  NAMED = ReadModifyWriteStateSpec('named', PickleCoder())
  HELD = BagStateSpec('held', PickleCoder())
  NEXT = ReadModifyWriteStateSpec('next', FloatCoder())
  EXPIRY = TimerSpec('expiry', TimeDomain.WATERMARK)
  ORPHANS = TimerSpec('orphans', TimeDomain.WATERMARK)

  def __init__(self, job, ingredients, patience):
    self.job, self.ingredients, self.patience = job, ingredients, patience

  def process(self, element, named=beam.DoFn.StateParam(NAMED), held=beam.DoFn.StateParam(HELD),
              next_=beam.DoFn.StateParam(NEXT), expiry=beam.DoFn.TimerParam(EXPIRY),
              orphans=beam.DoFn.TimerParam(ORPHANS)):
    _, (kind, fact) = element
    medicine = named.read()
    if kind == 'medicine':
      if medicine is not None and fact['sequence'] <= medicine['sequence']:
        return
      renamed = medicine is None or medicine['name'] != fact['name']
      # Its order is that of its name: a new price changes nothing here.
      fact = {**fact, 'order': fact['sequence'] if renamed else medicine['order']}
      named.write(fact)
      if renamed:
        for version in held.read():
          yield self.named(version, fact)
      return
    held.add({**fact, 'origin': fact['origin'] if medicine is None else None})
    due = next_.read()
    if due is None or fact['expires'] < due:
      next_.write(float(fact['expires']))
      expiry.set(Timestamp(micros=fact['expires']))
    if medicine is not None:
      yield self.named(fact, medicine)
    else:
      orphans.set(Timestamp(micros=min(fact['committed'] + self.patience, LATEST)))

  def named(self, version, medicine):
    ingredients = self.ingredients(medicine['name']) if medicine['name'] else ()
    order = (version['sequence'], medicine['order'])
    return version['is']['patient'], {
        **version, 'ingredients': ingredients, 'order': order, 'origin': None,
        'committed': max(version['committed'], medicine['committed'] if medicine['order'] > order[0] else 0),
    }

  @on_timer(ORPHANS)
  def tell(self, named=beam.DoFn.StateParam(NAMED), held=beam.DoFn.StateParam(HELD)):
    """They stay: a medicine that comes after all still counts."""
    if named.read() is not None:
      return
    fault = Fault('CHANGE_ORPHANED', 'column=medicine_id: the medicine has not come')
    for version in held.read():
      if version['origin']:
        change, line = version['origin']
        yield beam.pvalue.TaggedOutput('dead', dead_change(self.job, fault, line, change))

  @on_timer(EXPIRY)
  def forget(self, at=beam.DoFn.TimestampParam, held=beam.DoFn.StateParam(HELD),
             next_=beam.DoFn.StateParam(NEXT), expiry=beam.DoFn.TimerParam(EXPIRY)):
    kept = [version for version in held.read() if version['expires'] > at.micros]
    held.clear()
    next_.clear()
    for version in kept:
      held.add(version)
    if kept:
      # Not for each prescription by itself: a medicine may have very many.
      soonest = min(max(version['expires'] for version in kept), at.micros + 30 * DAY)
      next_.write(float(soonest))
      expiry.set(Timestamp(micros=soonest))
