import type { Check, State } from './health.ts'
import type { Limit, Limits } from './limits.ts'
import type { Observation, Part, RunState } from './observation.ts'
import { todosOf } from './todo.ts'
import { bytes, counted, span, whole } from './words.ts'

const against = (value: number, { late, bad }: Limit): State =>
  value >= bad ? 'bad' : value >= late ? 'late' : 'good'

const secondsBetween = (from: string, to: string): number =>
  Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000)

/** A check whose `todo` is left out while all is well. */
function check(id: string, title: string, state: State, value: string, todo: string): Check {
  return state === 'late' || state === 'bad' ? { id, title, state, value, todo } : { id, title, state, value }
}

/** A part that is back within a second was down all the same: whoever looks every few seconds must see it. */
const ENDED_SECONDS = 10

/** What is wrong with a part, if anything is. */
function troubleOf({ name, state, endedAt }: Part, at: string): string | undefined {
  if (state !== 'ready') return `${name} ${state}`
  const seconds = endedAt ? secondsBetween(endedAt, at) : ENDED_SECONDS
  return seconds < ENDED_SECONDS ? `${name} ended ${span(seconds)} ago and runs again` : undefined
}

export function partsCheck({ parts, at }: Observation): Check {
  const title = 'Parts'
  if (!parts)
    return check(
      'parts',
      title,
      'bad',
      'no answer',
      'Start the stack with npm run up; its log is in .local/logs/supervisor.log',
    )
  const troubles = parts.flatMap((part) => troubleOf(part, at) ?? [])
  const first = parts.find((part) => troubleOf(part, at))?.name ?? ''
  const todo = `Look at .local/logs/${first}.log; a part that died is started again by itself`
  const well = troubles.length === 0
  const value = well ? `all ${parts.length} run` : troubles.join(', ')
  return check('parts', title, well ? 'good' : 'bad', value, todo)
}

/** How far what reports show is behind PostgreSQL: nothing, if the newest change that is known of is in them. */
export function dataAge(seen: Observation): { seconds: number; newest: string | null } | undefined {
  const { warehouse, relay, clickhouse, at } = seen
  if (!warehouse?.committedAt) return undefined
  const known = [relay?.newestCommitAt, clickhouse?.committedAt].filter((each) => typeof each === 'string')
  const newest = known.sort().at(-1)
  const shown = warehouse.committedAt
  if (newest === undefined) return { seconds: secondsBetween(shown, at), newest: shown }
  return { seconds: newest <= shown ? 0 : secondsBetween(shown, at), newest: shown }
}

export function dataCheck(seen: Observation, limit: Limits): Check {
  const title = 'Data of the reports'
  const todo = todosOf(seen).data
  if (!seen.warehouse) return check('data', title, 'bad', 'there are no reports yet', todo)
  const age = dataAge(seen)
  if (!age) return check('data', title, 'bad', 'the reports are empty', todo)
  const state = against(age.seconds, limit.dataAgeSeconds)
  const value = age.seconds === 0 ? 'as new as PostgreSQL' : `${span(age.seconds)} old`
  return check('data', title, state, value, todo)
}

export function captureCheck(seen: Observation, limit: Limits): Check {
  const { capture } = seen
  const [id, title] = ['capture', 'PostgreSQL to Kafka']
  if (!capture) return check(id, title, 'bad', 'no answer', todosOf(seen).capture)
  const { slot, behindBytes, connector } = capture
  if (slot === null)
    return check(
      id,
      title,
      'bad',
      'PostgreSQL does not answer',
      'Start PostgreSQL; nothing is lost meanwhile',
    )
  if (slot === 'missing')
    return check(
      id,
      title,
      'bad',
      'the replication slot is gone',
      'Debezium takes a new snapshot by itself; see docs/operations.md, The replication slot is gone',
    )
  if (connector && !connector.split(', ').every((each) => each === 'RUNNING'))
    return check(
      id,
      title,
      'bad',
      `Debezium: ${connector}`,
      'The guard starts failed tasks again; look at the log of Kafka Connect',
    )
  if (connector === null)
    return check(
      id,
      title,
      'bad',
      'Debezium does not answer',
      'Look at the log of Kafka Connect; changes wait in PostgreSQL',
    )
  if (slot === 'not read')
    return check(
      id,
      title,
      'bad',
      'nobody reads the replication slot',
      'Look at the log of Kafka Connect; changes wait in PostgreSQL',
    )
  const behind = behindBytes ?? 0
  return check(
    id,
    title,
    against(behind, limit.walBytes),
    `${bytes(behind)} of WAL open`,
    'See docs/operations.md, The replication slot grows',
  )
}

export function relayCheck(seen: Observation, limit: Limits): Check {
  const { relay } = seen
  const [id, title] = ['relay', 'Kafka to Pub/Sub']
  if (!relay) return check(id, title, 'bad', 'the relay does not answer', todosOf(seen).relay)
  const state = against(relay.openRecords, limit.openRecords)
  return check(
    id,
    title,
    state,
    `${counted(relay.openRecords, 'record')} open`,
    'See docs/operations.md, The relay is behind',
  )
}

export function subscriptionChecks(seen: Observation, limit: Limits): Check[] {
  const { subscriptions } = seen
  if (subscriptions === undefined) return []
  if (subscriptions === null) return [check('pubsub', 'Pub/Sub', 'bad', 'no answer', todosOf(seen).pubsub)]
  return subscriptions.map(({ name, open, oldestSeconds }) => {
    const [id, title] = [`subscription-${name}`, `Pub/Sub to ${name}`]
    if (open === null) return check(id, title, 'bad', 'nobody tells of it', todosOf(seen).subscription)
    const state = against(oldestSeconds, limit.oldestMessageSeconds)
    const age = open === 0 ? '' : `, the oldest ${span(oldestSeconds)}`
    const todo = `Look at the log of ${name}; see docs/operations.md, A subscription is behind`
    return check(id, title, state, `${counted(open, 'message')} open${age}`, todo)
  })
}

export function clickhouseCheck({ clickhouse, relay, at }: Observation, limit: Limits): Check[] {
  if (clickhouse === undefined) return []
  const [id, title, todo] = ['clickhouse', 'ClickHouse', 'Look at ClickHouse and the log of clickhouse-sink']
  if (clickhouse === null) return [check(id, title, 'bad', 'no answer', todo)]
  const newest = relay?.newestCommitAt
  const behind = newest && clickhouse.committedAt && newest > clickhouse.committedAt
  const seconds = behind ? secondsBetween(newest, at) : 0
  const state = against(seconds, limit.liveAgeSeconds)
  return [
    check(
      id,
      title,
      state,
      behind ? `waits for a change for ${span(seconds)}` : 'as new as PostgreSQL',
      todo,
    ),
  ]
}

export function deadLettersCheck(seen: Observation): Check[] {
  const { deadLetters } = seen
  if (deadLetters === undefined) return []
  const [id, title] = ['dead-letters', 'Dead letters']
  if (deadLetters === null)
    return [check(id, title, 'bad', 'the lake does not answer', 'Look at Cloud Storage')]
  const todo = todosOf(seen).deadLetters
  return [
    check(
      id,
      title,
      deadLetters === 0 ? 'good' : 'bad',
      deadLetters === 0 ? 'none' : whole(deadLetters),
      todo,
    ),
  ]
}

/** The last run of reconcile or dbt. */
function runCheck(
  id: string,
  title: string,
  run: RunState | null | undefined,
  at: string,
  limit: Limit,
  how: string,
): Check {
  if (!run) return { id, title, state: 'unknown', value: `has not run yet; ${how}` }
  const age = secondsBetween(run.at, at)
  const state: State = ['failed', 'different'].includes(run.result) ? 'bad' : against(age, limit)
  const failed =
    run.failed.length > 0
      ? `: ${run.failed.slice(0, 3).join(', ')}${run.failed.length > 3 ? ' and more' : ''}`
      : ''
  const todo =
    state === 'bad' && age < limit.bad ? `See docs/operations.md, ${title} says ${run.result}` : how
  return check(id, title, state, `${run.result}${failed}, ${span(age)} ago`, todo)
}

export const reconcileCheck = (seen: Observation, limit: Limits): Check =>
  runCheck(
    'reconcile',
    'Reconcile',
    seen.reconcile,
    seen.at,
    limit.reconcileAgeSeconds,
    todosOf(seen).reconcile,
  )

export const dbtCheck = (seen: Observation, limit: Limits): Check =>
  runCheck('dbt', 'dbt', seen.dbt, seen.at, limit.dbtAgeSeconds, todosOf(seen).dbt)
