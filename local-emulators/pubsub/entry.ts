import { Deque } from './deque.ts'
import type { KeyLine } from './key-line.ts'
import type { StoredMessage } from './messages.ts'

/** Where a message of a subscription is between its publication and its end. */
export type EntryState = 'ready' | 'delayed' | 'leased' | 'acked' | 'gone'

/** One message in one subscription. */
export interface Entry {
  message: StoredMessage
  state: EntryState
  /** The number of the lease it is under, or was last. */
  lease: number
  /** Leases below this number are void: their acknowledgements change nothing. */
  floor: number
  /** When its lease or its back-off ends. */
  until: number
  /** Nacks and expired deadlines, for the back-off. */
  failures: number
  /** The same, counted only under a dead-letter policy. */
  attempts: number
  consumer: Consumer | null
  line: KeyLine | null
}

/** Someone who takes messages from a subscription: a stream, one pull request, or the pusher. */
export class Consumer {
  /** How many messages of one ordering key it may have at once. */
  readonly perKey: number
  /** Ordering keys that only this consumer may go on with. */
  readonly lines = new Deque<KeyLine>()
  messages = 0
  bytes = 0
  closed = false

  constructor(perKey = Number.POSITIVE_INFINITY) {
    this.perKey = perKey
  }
}

/** A message handed to a consumer. */
export interface Lease {
  message: StoredMessage
  lease: number
  /** 1 + failures under a dead-letter policy, or 0 without one. */
  attempt: number
}

/** A fresh entry, ready to be delivered. */
export function newEntry(message: StoredMessage, floor: number): Entry {
  return {
    message,
    state: 'ready',
    lease: 0,
    floor,
    until: 0,
    failures: 0,
    attempts: 0,
    consumer: null,
    line: null,
  }
}

/** Takes a leased message off its consumer's account. */
export function endLease(entry: Entry): void {
  if (entry.consumer) {
    entry.consumer.messages--
    entry.consumer.bytes -= entry.message.encoded.length
  }
  if (entry.line) entry.line.leased--
  entry.consumer = null
}
