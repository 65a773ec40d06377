import { BatchBuilder } from '@pipeline/cdc/relay/batch.ts'
import { encodeBatch } from '@pipeline/cdc/relay/message.ts'
import type { Lake } from '@pipeline/functions/lake/port.ts'
import { lakeSink } from '@pipeline/functions/lake-sink/sink.ts'
import { changeTopic } from '@pipeline/hospital/catalog.ts'
import type { ChangeRecord, Op, Row } from '@pipeline/hospital/change.ts'
import { formatSequence } from '@pipeline/hospital/sequence.ts'
import type { Operation } from '@pipeline/hospital/simulator/operation.ts'
import { createSimulator } from '@pipeline/hospital/simulator/simulator.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

export interface SimulatedOptions {
  operations: number
  seed: number
  /** Commit of the first change, and the time from one to the next. */
  from: Date
  stepMs: number
}

/** A hospital's changes as the relay would have them, `stepMs` from commit to commit; what was there is a snapshot. */
export function simulatedChanges({ operations, seed, from, stepMs }: SimulatedOptions): ChangeRecord[] {
  const simulator = createSimulator({
    seed,
    startDate: '2026-01-01',
    operations,
    days: 60,
    doctors: 12,
    patients: 60,
  })
  const offsets = new Map<string, number>()
  const changes: ChangeRecord[] = []
  const add = (op: Op, table: string, key: Row, row: Row | null, at: number): void => {
    const offset = (offsets.get(table) ?? -1) + 1
    offsets.set(table, offset)
    const lsn = BigInt(changes.length + 1)
    const time = new Date(at).toISOString()
    changes.push({
      table,
      op,
      key,
      row,
      sequence: formatSequence(lsn, lsn, 0),
      txId: op === 'r' ? null : changes.length,
      committedAt: time,
      capturedAt: time,
      topic: changeTopic(table),
      partition: 0,
      offset,
    })
  }
  const take = (operation: Operation, at: number, snapshot: boolean): void => {
    const { op, table, key, row } = operation
    if (op === 'rekey') add('d', table, operation.oldKey, null, at)
    const created = snapshot ? 'r' : 'c'
    add(op === 'delete' ? 'd' : op === 'update' ? 'u' : created, table, key, row, at)
  }
  for (const operation of simulator.seedHospital()) take(operation, from.getTime(), true)
  simulator.step(operations).forEach((operation, at) => {
    take(operation, from.getTime() + (at + 1) * stepMs, false)
  })
  return changes
}

/** Brings changes into a lake the way they come there: batches of the relay through lake-sink. */
export async function storeChanges(
  lake: Lake,
  changes: readonly ChangeRecord[],
  most = 150,
): Promise<number> {
  const builders = new Map<string, BatchBuilder>()
  const sink = lakeSink({ lake, log: quiet })
  let objects = 0
  const store = async (batch: ReturnType<BatchBuilder['take']>): Promise<void> => {
    if (!batch) return
    objects += 1
    await sink({ ...(await encodeBatch(batch)), messageId: String(objects) })
  }
  for (const change of changes) {
    const builder = builders.get(change.table) ?? new BatchBuilder({ maxChanges: most, maxBytes: 4_000_000 })
    builders.set(change.table, builder)
    const { table, topic, partition, offset, committedAt } = change
    await store(
      builder.add({ line: `${JSON.stringify(change)}\n`, table, topic, partition, offset, committedAt }),
    )
  }
  for (const builder of builders.values()) await store(builder.take())
  return objects
}
