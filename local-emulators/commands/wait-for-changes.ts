import { SLOT } from '@pipeline/cdc/guard/slot-watch.ts'
import { gcsLake } from '@pipeline/functions/lake/gcs.ts'
import type { Lake } from '@pipeline/functions/lake/port.ts'
import { readDeadLetters } from '@pipeline/functions/reconcile/dead-letters.ts'
import { openKafka, type PartitionEnd, waitForCapture } from '@pipeline/functions/reconcile/positions.ts'
import { openSnapshot } from '@pipeline/functions/reconcile/postgres.ts'
import { type Range, size } from '@pipeline/functions/reconcile/ranges.ts'
import type { TableInput } from '@pipeline/functions/reconcile/table-input.ts'
import { catalog } from '@pipeline/hospital/catalog.ts'
import { stackBucket } from '../stack-bucket.ts'
import type { StackFile } from '../stack-file.ts'

/** The offsets that a store lacks of what Kafka has of a table. */
export type OpenOf = (
  table: string,
  against: Pick<TableInput, 'ends' | 'deadLetters'>,
  lake: Lake,
) => Promise<readonly Range[]>

/** Waits until a store has every change committed by now. Returns how many were open when the time was over. */
export async function waitForChanges(stack: StackFile, seconds: number, openOf: OpenOf): Promise<number> {
  const deadline = Date.now() + seconds * 1000
  const lake = gcsLake(stackBucket(stack))
  const source = await openSnapshot(stack.postgresReaderUrl)
  const kafka = await openKafka({ brokers: [stack.kafkaBrokers], tls: false })
  try {
    await waitForCapture(source, SLOT, deadline)
    const positions = new Map<string, readonly PartitionEnd[]>()
    for (const { name } of catalog) positions.set(name, await kafka.ends(name))
    for (;;) {
      const deadLetters = await readDeadLetters(lake)
      let open = 0
      for (const [table, ends] of positions) open += size(await openOf(table, { ends, deadLetters }, lake))
      if (open === 0 || Date.now() >= deadline) return open
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
  } finally {
    await Promise.allSettled([source.close(), kafka.close()])
  }
}
