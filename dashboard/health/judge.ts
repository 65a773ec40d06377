import * as checks from './checks.ts'
import { type Check, type Health, type Hop, type State, worst } from './health.ts'
import { cloudLimits, type Limits, limits as localLimits } from './limits.ts'
import type { Flow, Observation } from './observation.ts'
import { bytes, counted, span, whole } from './words.ts'

/** What a set of observations means, for people: the one place that says what is good, late or bad. */
export function judge(
  seen: Observation,
  limits: Limits = seen.place === 'cloud' ? cloudLimits : localLimits,
): Health {
  const perMinute = seen.relay?.perMinute
  const rate: Check = {
    id: 'rate',
    title: 'Changes a minute',
    state: perMinute === null || perMinute === undefined ? 'unknown' : 'good',
    value: perMinute === null || perMinute === undefined ? 'not known yet' : whole(perMinute),
  }
  const found: Check[] = [
    checks.dataCheck(seen, limits),
    rate,
    ...checks.deadLettersCheck(seen),
    checks.reconcileCheck(seen, limits),
    checks.dbtCheck(seen, limits),
    ...(seen.parts === undefined ? [] : [checks.partsCheck(seen)]),
    ...(seen.capture === undefined ? [] : [checks.captureCheck(seen, limits)]),
    ...(seen.relay === undefined ? [] : [checks.relayCheck(seen, limits)]),
    ...checks.subscriptionChecks(seen, limits),
    ...checks.clickhouseCheck(seen, limits),
  ]
  return {
    at: seen.at,
    state: worst(found.map(({ state }) => state)),
    checks: found,
    hops: hopsOf(seen, found),
  }
}

const open = (count: number, one: string): string =>
  count === 0 ? 'nothing waits' : `${counted(count, one)} open`
const NO_FLOW: Flow = { total: null, perMinute: null }

/** The way of a change as the pipeline page draws it. */
function hopsOf(seen: Observation, found: readonly Check[]): Hop[] {
  const stateOf = (id: string): State => found.find((each) => each.id === id)?.state ?? 'unknown'
  const flow = (each: Flow | null | undefined): Flow => ({
    total: each?.total ?? NO_FLOW.total,
    perMinute: each?.perMinute ?? NO_FLOW.perMinute,
  })
  const { capture, kafka, relay, subscriptions, clickhouse, warehouse, dbt } = seen
  const wal = capture?.behindBytes
  const hops: Hop[] = [
    {
      id: 'kafka',
      title: 'Kafka',
      by: 'Debezium reads PostgreSQL',
      state: stateOf('capture'),
      ...flow(kafka),
      unit: 'records',
      waiting: wal === null || wal === undefined ? '' : `${bytes(wal)} of WAL open`,
    },
    {
      id: 'pubsub',
      title: 'Pub/Sub',
      by: 'relay',
      state: stateOf('relay'),
      ...flow(relay),
      unit: 'changes',
      waiting: relay ? open(relay.openRecords, 'record') : '',
    },
    ...(subscriptions ?? []).map((each) => ({
      id: each.name,
      title: TARGETS[each.name] ?? each.name,
      by: each.name,
      state: worst([
        stateOf(`subscription-${each.name}`),
        ...(each.name === 'clickhouse-sink' && clickhouse !== undefined ? [stateOf('clickhouse')] : []),
      ]),
      ...flow(each),
      unit: 'messages',
      waiting: each.open === null ? '' : open(each.open, 'message'),
      branch: true as const,
    })),
  ]
  const age = checks.dataAge(seen)
  hops.push({
    id: 'warehouse',
    title: 'Warehouse',
    by: 'load-dimensions, load-facts',
    state: stateOf('data'),
    total: warehouse?.rows ?? null,
    perMinute: null,
    unit: 'current rows',
    waiting: !age || age.seconds === 0 ? '' : `newest change ${span(age.seconds)} old`,
  })
  hops.push({
    id: 'marts',
    title: 'Marts and reports',
    by: 'dbt',
    state: worst([stateOf('dbt'), stateOf('data')]),
    ...NO_FLOW,
    unit: '',
    waiting: dbt ? `last run ${dbt.result}` : 'not built yet',
  })
  return hops
}

/** Where a sink writes. */
const TARGETS: Record<string, string> = {
  'lake-sink': 'Lake',
  'clickhouse-sink': 'ClickHouse',
  'oltp-sink': 'PostgreSQL (events)',
  'alert-sink': 'Alerts',
  'dead-letter-sink': 'Dead letters',
}
