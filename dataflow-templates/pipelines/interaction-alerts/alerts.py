# Inlined into interaction-alerts, after prescriptions.py: a patient's prescriptions become alerts.
SEVERITIES = ('moderate', 'major', 'contraindicated')
# What stays where it is put does not meet the other medicine.
LOCAL = re.compile(r'\b(cream|gel|ointment|lotion|ear drops|eye drops|nasal spray|shampoo)\b', re.IGNORECASE)


class Table:
  """Interactions by pairs of ingredients."""
  def __init__(self, rows, least):
    lowest = SEVERITIES.index(least)
    self.pairs, words = {}, set()
    for a, b, severity, effect, *_ in rows:
      if SEVERITIES.index(severity) >= lowest:
        self.pairs[frozenset((a, b))] = (severity, effect)
        words.update((a, b))
    # The longest first, so that an ingredient whose name holds another's is found whole.
    names = '|'.join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))
    self.words = re.compile(r'(?<![a-z])(?:%s)(?![a-z])' % (names or '(?!)'))

  def ingredients(self, name):
    """The ingredients of a medicine's name that the table knows; none for what acts where it is put."""
    return () if LOCAL.search(name) else tuple(sorted(set(self.words.findall(name.lower()))))

  def worst(self, some, others):
    """(severity, effect, a, b) of the severest interaction between two medicines; None without one."""
    found = [(*self.pairs[pair], *pair_names) for a in some for b in others
             for pair, pair_names in [(frozenset((a, b)), (a, b))] if pair in self.pairs]
    return max(found, key=lambda each: (SEVERITIES.index(each[0]), each[2], each[3]), default=None)


def find_alerts(table, prescriptions, one):
  """The alerts between prescription `one` and the patient's others, as {alert id: alert}."""
  mine, alerts = prescriptions.get(one), {}
  if mine is None or mine['is'] is None:
    return alerts
  for other, theirs in prescriptions.items():
    if other == one or theirs['is'] is None:
      continue
    start = max(mine['is']['start'], theirs['is']['start'])
    end = min(mine['is']['end'], theirs['is']['end'])
    if start >= end:
      continue
    first, second = sorted((one, other))
    pair = [prescriptions[first], prescriptions[second]]
    worst = table.worst(pair[0]['ingredients'], pair[1]['ingredients'])
    if worst is None:
      continue
    severity, effect, a, b = worst
    alerts['%d-%d-%s-%s' % (first, second, a, b)] = {
        'newest': max(max(each['order']) for each in pair), 'committed': max(each['committed'] for each in pair),
        'severity': severity, 'effect': effect, 'ingredients': [a, b],
        'prescriptions': [first, second], 'medicines': [each['is']['medicine'] for each in pair],
        'from': instant(start), 'until': instant(end),
        'durationAssumed': any(each['is']['assumed'] for each in pair),
    }
  return alerts


class PatientAlerts(beam.DoFn):
  """Keyed by patient: raises an alert for each pair that interacts while both are taken, retracts it when it ends to be so."""
  KNOWN = ReadModifyWriteStateSpec('known', PickleCoder())
  EXPIRY = TimerSpec('expiry', TimeDomain.WATERMARK)

  def __init__(self, table, since):
    self.table, self.since = table, since

  def process(self, element, known=beam.DoFn.StateParam(KNOWN), expiry=beam.DoFn.TimerParam(EXPIRY)):
    patient, version = element
    state = known.read() or {'prescriptions': {}, 'standing': {}}
    prescriptions, standing, one = state['prescriptions'], state['standing'], version['id']
    order = version.get('order') or (version['sequence'], '')
    before = prescriptions.get(one)
    if before is not None and order <= before['order']:
      return
    kept = {name: version[name] for name in ('is', 'expires', 'committed')}
    kept.update(order=order, ingredients=version.get('ingredients', ()))
    kept['expires'] = max(kept['expires'], before['expires'] if before else 0)
    prescriptions[one] = kept
    now = find_alerts(self.table, prescriptions, one)
    over = [name for name, alert in standing.items() if one in alert['prescriptions'] and name not in now]
    for name in over:
      alert = standing.pop(name)
      # What an earlier job has told, before `since`, is taken back as well.
      if alert['told'] or version['committed'] >= self.since:
        alert['newest'] = max(alert['newest'], *order)
        alert['committed'] = max(alert['committed'], version['committed'])
        yield self.message(patient, name, alert, 'retracted', state)
    for name, alert in now.items():
      if name not in standing:
        alert['told'] = alert['committed'] >= self.since
        standing[name] = alert
        if alert['told']:
          yield self.message(patient, name, alert, 'raised', state)
    known.write(state)
    expiry.set(Timestamp(micros=min(each['expires'] for each in prescriptions.values())))

  @staticmethod
  def message(patient, name, alert, what, state):
    """The higher `version` of an alert is the newer: the newest change of the pair, then a count for that change."""
    told = state.setdefault('told', {})
    newest, count = told.get(name, ('', 0))
    count = count + 1 if newest == alert['newest'] else 1
    told[name] = (alert['newest'], count)
    version = '%s/%04x' % (alert['newest'], count & 0xffff)
    facts = {k: v for k, v in alert.items() if k not in ('newest', 'committed', 'told')}
    at = instant(alert['committed'])
    body = {'alertId': name, 'state': what, 'patientId': patient, **facts, 'version': version, 'at': at}
    payload = json.dumps(body, sort_keys=True, separators=(',', ':')).encode()
    attributes = {'kind': 'interaction', 'alertId': name, 'state': what, 'severity': alert['severity'],
                  'version': version, 'at': at}
    return payload, attributes

  @on_timer(EXPIRY)
  def forget(self, at=beam.DoFn.TimestampParam, known=beam.DoFn.StateParam(KNOWN),
             expiry=beam.DoFn.TimerParam(EXPIRY)):
    state = known.read()
    if state is None:
      return
    left = {one: each for one, each in state['prescriptions'].items() if each['expires'] > at.micros}
    if not left:
      known.clear()
      return
    standing = {name: alert for name, alert in state['standing'].items()
                if all(one in left for one in alert['prescriptions'])}
    told = {name: each for name, each in state.get('told', {}).items()
            if all(int(one) in left for one in name.split('-')[:2])}
    known.write({'prescriptions': left, 'standing': standing, 'told': told})
    expiry.set(Timestamp(micros=min(each['expires'] for each in left.values())))


class InteractionAlerts(beam.PTransform):
  """(change, line) of prescriptions and medicines to `alerts` and `dead` letters, both messages."""
  def __init__(self, job, interactions, minimum_severity, days_without_duration, grace_days, wait_minutes, since):
    super().__init__()
    self.job, self.table = job, Table(interactions, minimum_severity)
    self.days, self.grace, self.patience = days_without_duration, grace_days * DAY, wait_minutes * 60_000_000
    self.since = micros(since) if since else -LATEST
    if self.since is None:
      raise ValueError('since is no instant in UTC')

  def expand(self, changes):
    read = joined(changes) | 'Read' >> beam.ParDo(Read(self.job, self.days, self.grace)).with_outputs(
        'medicines', 'dead', main='prescriptions')
    newest = keyed('ById', read.prescriptions) | 'Newest' >> beam.ParDo(Newest()).with_outputs('left', main='versions')
    medicines = read.medicines | 'Medicines' >> beam.Map(lambda each: (each[0], ('medicine', each[1])))
    versions = newest.versions | 'Versions' >> beam.Map(lambda each: (each[0], ('prescription', each[1])))
    by_medicine = (medicines, versions) | 'Either' >> beam.Flatten()
    of_medicine = keyed('ByMedicine', by_medicine) | 'OfMedicine' >> beam.ParDo(
        OfMedicine(self.job, self.table.ingredients, self.patience)).with_outputs('dead', main='named')
    of_patient = (of_medicine.named, newest.left) | 'OfPatient' >> beam.Flatten()
    alerts = keyed('ByPatient', of_patient) | 'Alerts' >> beam.ParDo(PatientAlerts(self.table, self.since))
    dead = (read.dead, of_medicine.dead) | 'Dead' >> beam.Flatten()
    return {'alerts': messages('Raise', alerts), 'dead': messages('GiveUp', dead)}
