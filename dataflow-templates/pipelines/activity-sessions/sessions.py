# Inlined into activity-sessions: what patients do, in sessions.
from apache_beam.coders import PickleCoder
from apache_beam.transforms import trigger, window
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec, TimerSpec, on_timer
from apache_beam.utils.timestamp import Timestamp

LATEST = 9_000_000_000_000_000


class Read(beam.DoFn):
  """Changes to (patient, activity); what comes later than any window waits goes to dead letters."""
  def __init__(self, job, kinds, lateness):
    self.job, self.kinds, self.lateness = job, kinds, lateness

  def process(self, element):
    change, line = element
    # A snapshot reads what was there, and a delete has no patient: neither is something that a patient did.
    if change['op'] not in ('c', 'u'):
      return
    try:
      patient = change['row'].get('patient_id')
      if type(patient) is not int:
        raise Fault('RECORD_BAD_VALUE', 'column=patient_id')
      committed = micros(change['committedAt'])
      # The watermark never passes what is published and not yet read, so nothing that is let through is dropped.
      if change['published'] is not None and change['published'] - committed > self.lateness:
        raise Fault('CHANGE_TOO_LATE', 'published later than allowed_lateness after its commit')
    except Fault as fault:
      yield beam.pvalue.TaggedOutput('dead', dead_change(self.job, fault, line, change))
      return
    row = json.dumps(change['key'], sort_keys=True)
    yield patient, (self.kinds[change['table']], change['table'], row, change['sequence'], committed)


class Distinct(beam.CombineFn):
  """Each change of a session once, however often it came."""
  def create_accumulator(self):
    return set()

  def add_input(self, seen, activity):
    return seen | {activity}

  def merge_accumulators(self, sets):
    return set().union(*sets)

  def extract_output(self, seen):
    return tuple(sorted(seen))


class Told(beam.DoFn):
  """Keyed by patient: numbers what is told of a session, and takes back those that it grew together with."""
  KNOWN = ReadModifyWriteStateSpec('known', PickleCoder())
  EXPIRY = TimerSpec('expiry', TimeDomain.WATERMARK)

  def __init__(self, kinds, lateness, gap):
    self.kinds, self.lateness, self.gap = sorted(set(kinds.values())), lateness, gap

  def process(self, element, known=beam.DoFn.StateParam(KNOWN), expiry=beam.DoFn.TimerParam(EXPIRY)):
    patient, activities = element
    told = known.read() or {}
    times = [each[4] for each in activities]
    start, end = min(times), max(times) + self.gap
    if told.get(start) and told[start][2] == activities:
      return
    # An older firing of a session that has grown since says nothing new.
    if any(other < start < until for other, (until, *_) in told.items()) or told.get(start, (0,))[0] > end:
      return
    met = [each for each in told if start <= each < end]
    revision = max([told[each][1] for each in met], default=0) + 1
    for other in sorted(each for each in met if each != start):
      yield self.message(patient, other, told.pop(other)[0], 'replaced', revision, ())
    told[start] = (end, revision, activities)
    known.write(told)
    expiry.set(Timestamp(micros=min(min(each[0] for each in told.values()) + 2 * self.lateness + self.gap, LATEST)))
    yield self.message(patient, start, end, 'closed', revision, activities)

  def message(self, patient, start, end, state, revision, activities):
    name = '%d-%d' % (patient, start)
    rows = {each[:3] for each in activities}
    body = {
        'sessionId': name, 'state': state, 'revision': revision, 'patientId': patient,
        'start': instant(start), 'end': instant(end), 'changes': len(activities),
        **{kind: sum(each[0] == kind for each in rows) for kind in self.kinds},
    }
    payload = json.dumps(body, sort_keys=True, separators=(',', ':')).encode()
    return payload, {'kind': 'session', 'sessionId': name, 'state': state, 'revision': str(revision)}

  @on_timer(EXPIRY)
  def forget(self, at=beam.DoFn.TimestampParam, known=beam.DoFn.StateParam(KNOWN),
             expiry=beam.DoFn.TimerParam(EXPIRY)):
    keep = 2 * self.lateness + self.gap
    left = {start: each for start, each in (known.read() or {}).items() if each[0] + keep > at.micros}
    if not left:
      known.clear()
      return
    known.write(left)
    expiry.set(Timestamp(micros=min(min(each[0] for each in left.values()) + keep, LATEST)))


class Sessions(beam.PTransform):
  """(change, line) to `sessions` and `dead` letters, both messages. `kinds` names what a table's rows are."""
  def __init__(self, job, kinds, gap_minutes, allowed_lateness_hours):
    super().__init__()
    self.job, self.kinds = job, dict(kinds)
    self.gap, self.lateness = gap_minutes * 60_000_000, allowed_lateness_hours * 3_600_000_000

  def expand(self, changes):
    read = joined(changes) | 'Read' >> beam.ParDo(Read(self.job, self.kinds, self.lateness)).with_outputs(
        'dead', main='activities')
    sessions = (
        keyed('ByPatient', read.activities)
        | 'Sessions' >> beam.WindowInto(
            window.Sessions(self.gap / 1e6),
            trigger=trigger.AfterWatermark(late=trigger.AfterCount(1)),
            accumulation_mode=trigger.AccumulationMode.ACCUMULATING,
            allowed_lateness=self.lateness // 1_000_000)
        | 'Distinct' >> beam.CombinePerKey(Distinct())
        | 'Global' >> beam.WindowInto(window.GlobalWindows(), trigger=trigger.Repeatedly(trigger.AfterCount(1)),
                                      accumulation_mode=trigger.AccumulationMode.DISCARDING))
    told = keyed('Again', sessions) | 'Told' >> beam.ParDo(Told(self.kinds, self.lateness, self.gap))
    return {'sessions': messages('Tell', told), 'dead': messages('GiveUp', read.dead)}
