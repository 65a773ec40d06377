# Inlined into operations-5m, after facts.py: sums of doctors become sums of departments.


class Sum(beam.CombineFn):
  """Adds up sums by measure."""
  def create_accumulator(self):
    return {}

  def add_input(self, sums, part):
    for measure, amount in part[1].items():
      sums[measure] = sums.get(measure, 0) + amount
    return sums

  def merge_accumulators(self, all_sums):
    total = {}
    for sums in all_sums:
      self.add_input(total, (None, sums))
    return total

  def extract_output(self, sums):
    return {measure: amount for measure, amount in sums.items() if amount}


class WithStart(beam.DoFn):
  def process(self, element, window=beam.DoFn.WindowParam):
    key, sums = element
    if sums:
      yield key, (window.start.micros, sums)


def summed(label, parts, lateness):
  """(key, (window, sums)) once a window is over, and again with what came late, as sums to add."""
  return (
      parts
      | label + 'Windows' >> beam.WindowInto(
          window.FixedWindows(FIVE_MINUTES // 1_000_000),
          trigger=trigger.AfterWatermark(late=trigger.AfterCount(1)),
          accumulation_mode=trigger.AccumulationMode.DISCARDING,
          allowed_lateness=lateness // 1_000_000)
      | label + 'Sum' >> beam.CombinePerKey(Sum())
      | label + 'Start' >> beam.ParDo(WithStart())
      | label + 'Global' >> beam.WindowInto(
          window.GlobalWindows(), trigger=trigger.Repeatedly(trigger.AfterCount(1)),
          accumulation_mode=trigger.AccumulationMode.DISCARDING))


def department_at(versions, end):
  """The doctor's department at a window's end, or the first one known; None while the doctor has not come."""
  known = [each for each in versions if each['is']]
  before = [each for each in known if each['at'] < end]
  return (before[-1] if before else known[0])['is']['department'] if known else None


class OfDepartment(beam.DoFn):
  """Keyed by doctor: gives (department, (window, sums)) to add; takes it back where another department is right."""
  KNOWN = ReadModifyWriteStateSpec('known', PickleCoder())
  EXPIRY = TimerSpec('expiry', TimeDomain.WATERMARK)

  def __init__(self, keep):
    self.keep = keep

  def process(self, element, known=beam.DoFn.StateParam(KNOWN), expiry=beam.DoFn.TimerParam(EXPIRY)):
    _, (kind, fact) = element
    state = known.read() or {'versions': {}, 'sums': {}, 'told': {}}
    if kind == 'doctor':
      state['versions'][fact['sequence']] = fact
      starts = list(state['sums'])
    else:
      start, sums = fact
      state['sums'][start] = Sum().merge_accumulators([state['sums'].get(start, {}), sums])
      starts = [start]
    versions = [state['versions'][each] for each in sorted(state['versions'])]
    for start in starts:
      department = department_at(versions, start + FIVE_MINUTES) or 'unknown'
      now = {(department, measure): amount for measure, amount in state['sums'][start].items() if amount}
      parts = collections.defaultdict(dict)
      for (name, measure), amount in differences(state['told'].get(start, {}), now).items():
        parts[name][measure] = amount
      state['told'][start] = now
      for name, sums in parts.items():
        yield name, (start, sums)
    if state['sums'] and not state.get('armed'):
      state['armed'] = True
      expiry.set(Timestamp(micros=min(min(state['sums']) + self.keep, LATEST)))
    known.write(state)

  @on_timer(EXPIRY)
  def forget(self, at=beam.DoFn.TimestampParam, known=beam.DoFn.StateParam(KNOWN),
             expiry=beam.DoFn.TimerParam(EXPIRY)):
    state = known.read()
    for start in [start for start in state['sums'] if start + self.keep <= at.micros]:
      del state['sums'][start], state['told'][start]
    state['armed'] = bool(state['sums'])
    known.write(state)
    if state['sums']:
      # Not for each window by itself: by then all that are there now can go.
      expiry.set(Timestamp(micros=min(max(state['sums']) + self.keep, LATEST)))
