import { setTimeout as sleep } from 'node:timers/promises'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { Operation } from '@pipeline/hospital/simulator/operation.ts'
import type { EventSender } from './event-sender.ts'
import { eventClock } from './events.ts'
import { Moves, type Plan } from './moves.ts'
import type { Session } from './session.ts'
import { addCounts, type Counts, countOf, noCounts, wasWritten, write } from './writer.ts'

const LOOK_EVERY_MS = 100

/** Writes dimensions by SQL and sends the facts as events. */
export class EventPath {
  readonly #session: Session
  readonly #sender: EventSender
  readonly #moves = new Moves(eventClock())

  constructor(session: Session, sender: EventSender) {
    this.#session = session
    this.#sender = sender
  }

  /** Writes what of the operations goes by SQL, and then, after its commit, the events. */
  async write(operations: readonly Operation[]): Promise<Counts> {
    let plan: Plan | undefined
    const counts = await this.#session.transaction({
      name: 'write dimensions',
      run: async (client) => {
        if (!plan) {
          const before = await this.#moves.ready(client)
          const now = this.#moves.take(operations)
          plan = { sql: [...before.sql, ...now.sql], events: [...before.events, ...now.events] }
        }
        return write(client, plan.sql)
      },
      wasCommitted: (client) => wasWritten(client, plan!.sql),
    })
    const events = plan!.events
    await this.#sender.send(events)
    return events.reduce((sum, { op }) => addCounts(sum, countOf(op)), { ...noCounts(), ...counts })
  }

  /** Waits until nothing is held back any more. Throws EVENT_WAITING when it takes too long. */
  async finish(patienceSeconds: number, signal: AbortSignal | undefined): Promise<Counts> {
    const until = Date.now() + patienceSeconds * 1000
    let counts = noCounts()
    while (this.#moves.waiting > 0 && !signal?.aborted) {
      if (Date.now() > until) throw new PipelineError('EVENT_WAITING', { patients: this.#moves.waiting })
      counts = addCounts(counts, await this.write([]))
      if (this.#moves.waiting > 0) await sleep(LOOK_EVERY_MS)
    }
    return counts
  }
}
