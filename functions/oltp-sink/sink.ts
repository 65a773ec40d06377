import { deadLetterAttributes } from '@pipeline/hospital/dead-letter.ts'
import { PipelineError, safeError } from '@pipeline/hospital/errors.ts'
import { readEvent } from '@pipeline/hospital/events/contract.ts'
import { tableOfTopic } from '@pipeline/hospital/events/topics.ts'
import type { Pool } from 'pg'
import type { PushMessage } from '../envelope.ts'
import type { Log } from '../log.ts'
import type { Publisher } from '../publisher.ts'
import { applyEvents } from './apply.ts'
import { trimLedger } from './ledger.ts'
import { type RawEvent, readEventMessage, singleMessage, waitingMessage } from './message.ts'
import type { Outcome, SourcedEvent } from './outcome.ts'

export interface OltpSinkDeps {
  pool: Pool
  /** The topic that this function is fed by. */
  events: Publisher
  deadLetters: Publisher
  maxWaitSeconds: number
  ledgerDays: number
  log: Log
  now?: () => Date
}

const LETTERS_AT_ONCE = 50
const TRIM_EVERY_MS = 60_000
const TRIM_PATIENCE_MS = 5_000

interface Refusal {
  item: Pick<RawEvent, 'origin' | 'text'>
  error: PipelineError
}

/** Checks each event against its contract. */
export function checkEvents(
  raw: readonly RawEvent[],
  nowMs: number,
): { events: SourcedEvent[]; refused: Refusal[] } {
  const events: SourcedEvent[] = []
  const refused: Refusal[] = []
  for (const { origin, text, value } of raw) {
    try {
      events.push({ event: readEvent(tableOfTopic(origin.topic)!, value, nowMs), origin, text })
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error
      refused.push({ item: { origin, text }, error })
    }
  }
  return { events, refused }
}

async function sendDeadLetters(deps: OltpSinkDeps, refused: readonly Refusal[], at: Date): Promise<void> {
  for (let from = 0; from < refused.length; from += LETTERS_AT_ONCE) {
    await Promise.all(
      refused.slice(from, from + LETTERS_AT_ONCE).map(({ item, error }) => {
        const { topic, partition, offset, at: originAt } = item.origin
        const note = { code: error.code, reason: error.message, source: 'oltp-sink', at: at.toISOString() }
        const { data, attributes } = singleMessage(item)
        return deps.deadLetters.publish({
          data,
          attributes: deadLetterAttributes({ ...note, topic, partition, offset, originAt }, attributes),
        })
      }),
    )
  }
}

function tooLate({ waiting }: Outcome, seconds: number): Refusal[] {
  return waiting.map(({ item, for: missing }) => {
    const code = item.event.op === 'delete' ? 'EVENT_STILL_REFERENCED' : 'EVENT_ORPHANED'
    return {
      item,
      error: new PipelineError(code, { table: item.event.table, missing, waitedSeconds: seconds }),
    }
  })
}

/**
 * Takes a batch of events into PostgreSQL. Events that wait for a parent come again as a smaller message of their
 * own; while none of such a message can be written it is left to Pub/Sub's back-off. docs/decisions/0010.
 */
export function oltpSink(deps: OltpSinkDeps): (message: PushMessage) => Promise<void> {
  const { pool, log, now = () => new Date() } = deps
  let trimmedAt = now().getTime()

  async function trim(): Promise<void> {
    if (now().getTime() - trimmedAt < TRIM_EVERY_MS) return
    trimmedAt = now().getTime()
    try {
      const rows = await trimLedger(pool, deps.ledgerDays, TRIM_PATIENCE_MS)
      if (rows > 0) log.info({ rows }, 'old rows are out of the ledger')
    } catch (error) {
      log.warn({ error: safeError(error) }, 'the ledger could not be trimmed; tried again in a minute')
    }
  }

  return async (message) => {
    const received = now()
    const { events: raw, waitingSince } = await readEventMessage(message)
    const { events, refused: invalid } = checkEvents(raw, received.getTime())
    const outcome = await applyEvents(pool, events)
    const waitedMs = waitingSince === undefined ? 0 : received.getTime() - Date.parse(waitingSince)
    const expired = outcome.waiting.length > 0 && waitedMs >= deps.maxWaitSeconds * 1000
    const refused = [
      ...invalid,
      ...outcome.refused,
      ...(expired ? tooLate(outcome, Math.round(waitedMs / 1000)) : []),
    ]
    await sendDeadLetters(deps, refused, received)
    const waiting = expired ? [] : outcome.waiting.map(({ item }) => item)
    const { topic, partition, offset } = raw[0]!.origin
    const { applied, unchanged, open } = outcome
    log[refused.length > 0 ? 'warn' : 'info'](
      {
        topic,
        partition,
        firstOffset: offset,
        count: raw.length,
        applied,
        unchanged,
        waiting: waiting.length,
        open: open.length,
        deadLetters: refused.length,
        codes: [...new Set(refused.map(({ error }) => error.code))],
      },
      'events are in PostgreSQL',
    )
    const rest = [...waiting, ...open]
    if (waitingSince !== undefined && rest.length > 0 && rest.length === raw.length) {
      throw new PipelineError('EVENT_WAITING', { topic, partition, events: rest.length, waitingSince })
    }
    if (rest.length > 0) {
      const since = waiting.length > 0 ? (waitingSince ?? received.toISOString()) : waitingSince
      await deps.events.publish(await waitingMessage(rest, since))
    }
    await trim()
  }
}
