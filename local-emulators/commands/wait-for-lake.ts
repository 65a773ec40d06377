import { listChanges } from '@pipeline/functions/reconcile/lake-changes.ts'
import { gapsOf } from '@pipeline/functions/reconcile/table-input.ts'
import type { StackFile } from '../stack-file.ts'
import { waitForChanges } from './wait-for-changes.ts'

/** Waits until the lake has every change committed by now. Returns how many were open when the time was over. */
export function waitForLake(stack: StackFile, seconds: number): Promise<number> {
  return waitForChanges(stack, seconds, async (table, against, lake) => {
    const names = (await listChanges(lake, table)).map(({ name }) => name)
    return gapsOf(against, names).open
  })
}
