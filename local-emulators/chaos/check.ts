import { type ReconcileReport, STORES } from '@pipeline/functions/reconcile/report.ts'
import { catalog } from '@pipeline/hospital/catalog.ts'
import { callFunction } from '../commands/call-function.ts'
import { runStackDbt } from '../commands/dbt.ts'
import { load } from '../commands/load.ts'
import { formatReport } from '../commands/reconcile.ts'
import { waitForClickHouse } from '../commands/wait-for-clickhouse.ts'
import { waitForEvents } from '../commands/wait-for-events.ts'
import { waitForLake } from '../commands/wait-for-lake.ts'
import type { StackFile } from '../stack-file.ts'
import { checkCounts } from './check-counts.ts'
import { checkEvents } from './check-events.ts'
import type { Ends } from './kafka-ends.ts'

const SETTLE_SECONDS = 90
const RECONCILE_SECONDS = 20

/** Waits until nothing is on its way any more. Gives what had not arrived when the time was over. */
async function settle(stack: StackFile, say: (what: string) => void): Promise<string[]> {
  const open = (count: number, what: string): string[] => (count > 0 ? [`${count} ${what}`] : [])
  const events = await waitForEvents(stack, SETTLE_SECONDS)
  say('events are in PostgreSQL')
  const lake = await waitForLake(stack, SETTLE_SECONDS)
  say('changes are in the lake')
  const clickhouse = await waitForClickHouse(stack, SETTLE_SECONDS)
  say('changes are in ClickHouse')
  return [
    ...open(events, 'events had not reached PostgreSQL'),
    ...open(lake, 'changes had not reached the lake'),
    ...open(clickhouse, 'changes had not reached ClickHouse'),
  ].map((late) => `${late} within ${SETTLE_SECONDS} s`)
}

/** Every table in every store of this stack, and no dead letter. */
function problemsOf(report: ReconcileReport): string[] {
  const problems: string[] = []
  if (report.deadLetters > 0) problems.push(`reconcile: ${report.deadLetters} dead letters`)
  for (const { name } of catalog) {
    const table = report.tables.find((each) => each.table === name)
    for (const store of STORES) {
      if (store === 'bigquery') continue
      const state = table?.stores.find((each) => each.store === store)?.status ?? 'missing'
      if (state !== 'equal') problems.push(`reconcile: ${name} in ${store} is ${state}`)
    }
  }
  if (problems.length > 0) problems.push(formatReport(report))
  else if (report.status !== 'equal') problems.push(`reconcile: ${report.status}`, formatReport(report))
  return problems
}

export interface Checked {
  /** Empty when all is as it should be. */
  problems: string[]
  /** What was compared, in words. */
  compared: string
}

/** Whether every store has come to equal PostgreSQL, and PostgreSQL what the events since `eventsFrom` wished for. */
export async function check(
  stack: StackFile,
  eventsFrom: Ends,
  say: (what: string) => void,
): Promise<Checked> {
  const problems = await settle(stack, say)
  await load(stack)
  await runStackDbt(stack, ['run', '--select', 'staging'], () => {})
  say('loaded and staged')
  const report = await callFunction<ReconcileReport>(stack, 'reconcile', { waitSeconds: RECONCILE_SECONDS })
  say('reconciled')
  const counts = await checkCounts(stack)
  const events = await checkEvents(stack, eventsFrom)
  problems.push(...problemsOf(report), ...counts.problems, ...events.problems)
  const compared =
    `${counts.rows} rows and ${counts.changes} changes in every store, ${counts.repeatedInLake} of them repeated in the lake; ` +
    `${events.events} events of ${events.rows} rows`
  return { problems, compared }
}
