import type { PipelineError } from '@pipeline/hospital/errors.ts'
import type { HospitalEvent } from '@pipeline/hospital/events/contract.ts'
import type { EventOrigin } from '@pipeline/hospital/events/line.ts'

/** A checked event with its origin in Kafka and its text as the producer wrote it. */
export interface SourcedEvent {
  event: HospitalEvent
  origin: EventOrigin
  text: string
}

/** What became of the events of a batch; each of them is in one of these. */
export interface Outcome {
  /** Events that changed PostgreSQL. */
  applied: number
  /** Events that came before, or are older than what was applied. */
  unchanged: number
  /** Events whose parent is not there, or whose row others still refer to. */
  waiting: { item: SourcedEvent; for: string }[]
  /** Events that can never be written, with their reason. */
  refused: { item: SourcedEvent; error: PipelineError }[]
  /** Events for which the time was not enough. */
  open: SourcedEvent[]
}

export type Settled =
  | { state: 'applied' | 'unchanged' | 'open' }
  | { state: 'waiting'; for: string }
  | { state: 'refused'; error: PipelineError }
