import { gcsLake, storageClient } from '@pipeline/functions/lake/gcs.ts'
import { readDeadLetters } from '@pipeline/functions/reconcile/dead-letters.ts'
import { listChanges } from '@pipeline/functions/reconcile/lake-changes.ts'
import { openKafka, waitForCapture } from '@pipeline/functions/reconcile/positions.ts'
import { openSnapshot } from '@pipeline/functions/reconcile/postgres.ts'
import { size } from '@pipeline/functions/reconcile/ranges.ts'
import { gapsOf } from '@pipeline/functions/reconcile/table-input.ts'
import { catalog } from '@pipeline/hospital/catalog.ts'
import type { StackFile } from '../stack-file.ts'

/** Waits until the lake has every change committed by now. Returns how many were open when the time was over. */
export async function waitForLake(stack: StackFile, seconds: number): Promise<number> {
  const deadline = Date.now() + seconds * 1000
  const lake = gcsLake(
    storageClient({ projectId: stack.projectId, emulatorHost: stack.gcsEndpoint }).bucket(stack.gcsBucket),
  )
  const source = await openSnapshot(stack.postgresReaderUrl)
  const kafka = await openKafka({ brokers: [stack.kafkaBrokers], tls: false })
  try {
    await waitForCapture(source, 'hospital_changes', deadline)
    const ends = new Map<string, Awaited<ReturnType<typeof kafka.ends>>>()
    for (const { name } of catalog) ends.set(name, await kafka.ends(name))
    for (;;) {
      const deadLetters = await readDeadLetters(lake)
      let open = 0
      for (const [table, positions] of ends) {
        const names = (await listChanges(lake, table)).map(({ name }) => name)
        open += size(gapsOf({ ends: positions, deadLetters }, names).open)
      }
      if (open === 0 || Date.now() >= deadline) return open
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
  } finally {
    await Promise.allSettled([source.close(), kafka.close()])
  }
}
