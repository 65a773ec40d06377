# Inlined into operations-5m, after departments.py: a department's windows become rows.
SIZES = {'5m': FIVE_MINUTES, '1h': 12 * FIVE_MINUTES}
FLOWS = ('visits', 'visitsCancelled', 'billsIssued')


def money(amount):
  return '%s%d.%02d' % ('-' if amount < 0 else '', abs(amount) // 100, abs(amount) % 100)


def top_diagnoses(sums, most):
  found = [(-amount, name[len('diagnosis:'):]) for name, amount in sums.items()
           if name.startswith('diagnosis:') and amount > 0]
  return [{'diagnosis': name, 'visits': -amount} for amount, name in sorted(found)[:most]]


class Tell(beam.DoFn):
  """Keyed by department: one row a window that is over and in which something changed; a higher revision replaces a lower."""
  KNOWN = ReadModifyWriteStateSpec('known', PickleCoder())
  OVER = TimerSpec('over', TimeDomain.WATERMARK)
  OPEN = TimerSpec('open', TimeDomain.WATERMARK)

  def __init__(self, lateness, top):
    self.lateness, self.top = lateness, top

  def process(self, element, known=beam.DoFn.StateParam(KNOWN), over=beam.DoFn.TimerParam(OVER),
              open_=beam.DoFn.TimerParam(OPEN)):
    _, (start, sums) = element
    state = known.read() or {'before': 0, 'windows': {}, 'told': {}, 'due': set(), 'now': 0}
    state['windows'][start] = Sum().merge_accumulators([state['windows'].get(start, {}), sums])
    state['due'] |= {(size, start // length * length) for size, length in SIZES.items()}
    if 'waiting' in sums:
      # Every later row that was told counts these bills as well.
      state['due'] |= {(size, at) for size, at in state['told'] if at + SIZES[size] > start}
    # Sums of a window come when it is over, so whatever ends no later is over too; the hour may not be.
    state['now'] = max(state['now'], start + FIVE_MINUTES)
    known.write(state)
    ends = [at + SIZES[size] for size, at in state['due']]
    over.set(Timestamp(micros=max(end for end in ends if end <= state['now'])))
    if max(ends) > state['now']:
      open_.set(Timestamp(micros=min(end for end in ends if end > state['now'])))

  @on_timer(OVER)
  def tell_over(self, department=beam.DoFn.KeyParam, at=beam.DoFn.TimestampParam, known=beam.DoFn.StateParam(KNOWN)):
    yield from self.tell(department, at.micros, known)

  @on_timer(OPEN)
  def tell_open(self, department=beam.DoFn.KeyParam, at=beam.DoFn.TimestampParam, known=beam.DoFn.StateParam(KNOWN),
                open_=beam.DoFn.TimerParam(OPEN)):
    yield from self.tell(department, at.micros, known)
    ends = [start + SIZES[size] for size, start in known.read()['due']]
    if ends:
      open_.set(Timestamp(micros=min(ends)))

  def tell(self, department, at, known):
    state = known.read()
    ready = sorted(each for each in state['due'] if each[1] + SIZES[each[0]] <= at)
    state['due'] -= set(ready)
    for size, start in ready:
      row = self.row(state, department, size, start)
      revision, before = state['told'].get((size, start), (0, None))
      if row != before:
        state['told'][(size, start)] = (revision + 1, row)
        yield self.message(row, revision + 1)
    self.forget(state, at)
    known.write(state)

  def row(self, state, department, size, start):
    end = start + SIZES[size]
    inside = [state['windows'].get(at, {}) for at in range(start, end, FIVE_MINUTES)]
    sums = Sum().merge_accumulators(inside)
    waiting = state['before'] + sum(sums.get('waiting', 0) for at, sums in state['windows'].items() if at < end)
    return {
        'department': department, 'size': size, 'windowStart': instant(start), 'windowEnd': instant(end),
        **{name: sums.get(name, 0) for name in FLOWS}, 'waitingBills': waiting,
        'revenue': money(sums.get('revenue', 0)), 'topDiagnoses': top_diagnoses(sums, self.top),
    }

  def message(self, row, revision):
    payload = json.dumps({**row, 'revision': revision}, sort_keys=True, separators=(',', ':')).encode()
    return payload, {'kind': 'operations', 'size': row['size'], 'department': row['department'],
                     'windowStart': row['windowStart'], 'revision': str(revision)}

  def forget(self, state, at):
    """Windows that nothing can change any more go into the count of bills that wait from before."""
    limit = at - self.lateness - 2 * SIZES['1h']
    for start in [start for start in state['windows'] if start < limit]:
      state['before'] += state['windows'].pop(start).get('waiting', 0)
    for each in [each for each in state['told'] if each[1] < limit]:
      del state['told'][each]


class Operations(beam.PTransform):
  """(change, line) to `rows` and `dead` letters, both messages."""
  def __init__(self, job, allowed_lateness_hours, keep_days, top):
    super().__init__()
    self.job, self.top = job, top
    self.lateness, self.keep = allowed_lateness_hours * 3_600_000_000, keep_days * 86_400_000_000

  def expand(self, changes):
    read = joined(changes) | 'Read' >> beam.ParDo(Read(self.job, self.lateness)).with_outputs(
        'visits', 'billing_payments', 'doctors', 'dead')
    bills = keyed('ByBill', read.billing_payments) | 'VisitOfBill' >> beam.ParDo(VisitOfBill(self.keep))
    visits = read.visits | 'Visits' >> beam.Map(lambda each: (each[0], ('visit', None, [each[1]])))
    parts = keyed('ByVisit', (visits, bills) | 'OfVisit' >> beam.Flatten()) | 'Contribute' >> beam.ParDo(
        Contribute(self.keep))
    sums = summed('Doctor', keyed('ByDoctor', parts), self.lateness) | beam.Map(lambda each: (each[0], ('sums', each[1])))
    doctors = read.doctors | 'Doctors' >> beam.Map(lambda each: (each[0], ('doctor', each[1])))
    departments = keyed('ByDoctorToo', (sums, doctors) | 'OfDoctor' >> beam.Flatten()) | 'OfDepartment' >> beam.ParDo(
        OfDepartment(self.lateness + 2 * SIZES['1h']))
    rows = keyed('ByDepartment', departments, str) | 'Rows' >> beam.ParDo(Tell(self.lateness, self.top))
    return {'rows': messages('Tell', rows), 'dead': messages('GiveUp', read.dead)}
