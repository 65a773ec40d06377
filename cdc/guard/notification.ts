import { z } from 'zod'

const schema = z.object({
  id: z.string().min(1),
  type: z.string(),
  aggregate_type: z.string(),
  timestamp: z.number().int(),
})

/** What Debezium tells of its snapshots on the notifications topic. */
export interface SnapshotNotice {
  id: string
  kind: 'initial' | 'incremental'
  type: 'started' | 'completed' | 'ended-early'
  /** Milliseconds since the epoch. */
  at: number
}

const KINDS: Record<string, SnapshotNotice['kind']> = {
  'Initial Snapshot': 'initial',
  'Incremental Snapshot': 'incremental',
}
const TYPES: Record<string, SnapshotNotice['type']> = {
  STARTED: 'started',
  COMPLETED: 'completed',
  ABORTED: 'ended-early',
  SKIPPED: 'ended-early',
}

/** Reads a notification; undefined for one that says nothing of a snapshot's beginning or end. */
export function readNotice(value: Buffer | null): SnapshotNotice | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(value?.toString() ?? '')
  } catch {
    return undefined
  }
  const result = schema.safeParse(parsed)
  if (!result.success) return undefined
  const { id, type, aggregate_type, timestamp } = result.data
  const kind = KINDS[aggregate_type]
  const what = TYPES[type]
  return kind && what && { id, kind, type: what, at: timestamp }
}
