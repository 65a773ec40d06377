import { openClickHouse } from '@pipeline/functions/clickhouse/client.ts'
import { clickhouseStore } from '@pipeline/functions/reconcile/clickhouse.ts'
import { gapsIn } from '@pipeline/functions/reconcile/table-input.ts'
import { CLICKHOUSE_ACCOUNT } from '../services/clickhouse.ts'
import type { StackFile } from '../stack-file.ts'
import { waitForChanges } from './wait-for-changes.ts'

/** Waits until ClickHouse has every change committed by now. Returns how many were open when the time was over. */
export async function waitForClickHouse(stack: StackFile, seconds: number): Promise<number> {
  const clickhouse = openClickHouse({ url: stack.clickhouseUrl, ...CLICKHOUSE_ACCOUNT })
  const store = clickhouseStore(clickhouse)
  try {
    return await waitForChanges(
      stack,
      seconds,
      async (table, against) => gapsIn(against, (await store.taken(table)) ?? new Map()).open,
    )
  } finally {
    await clickhouse.close()
  }
}
