import { openClickHouse } from '@pipeline/functions/clickhouse/client.ts'
import { gcsLake, storageClient } from '@pipeline/functions/lake/gcs.ts'
import { clickhouseStore } from '@pipeline/functions/reconcile/clickhouse.ts'
import { readDeadLetters } from '@pipeline/functions/reconcile/dead-letters.ts'
import { openKafka, waitForCapture } from '@pipeline/functions/reconcile/positions.ts'
import { openSnapshot } from '@pipeline/functions/reconcile/postgres.ts'
import { size } from '@pipeline/functions/reconcile/ranges.ts'
import { gapsIn } from '@pipeline/functions/reconcile/table-input.ts'
import { catalog } from '@pipeline/hospital/catalog.ts'
import { CLICKHOUSE_ACCOUNT } from '../services/clickhouse.ts'
import type { StackFile } from '../stack-file.ts'

/** Waits until ClickHouse has every change committed by now. Returns how many were open when the time was over. */
export async function waitForClickHouse(stack: StackFile, seconds: number): Promise<number> {
  const deadline = Date.now() + seconds * 1000
  const lake = gcsLake(
    storageClient({ projectId: stack.projectId, emulatorHost: stack.gcsEndpoint }).bucket(stack.gcsBucket),
  )
  const clickhouse = openClickHouse({ url: stack.clickhouseUrl, ...CLICKHOUSE_ACCOUNT })
  const store = clickhouseStore(clickhouse)
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
        const taken = (await store.taken(table)) ?? new Map()
        open += size(gapsIn({ ends: positions, deadLetters }, taken).open)
      }
      if (open === 0 || Date.now() >= deadline) return open
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
  } finally {
    await Promise.allSettled([source.close(), kafka.close(), clickhouse.close()])
  }
}
