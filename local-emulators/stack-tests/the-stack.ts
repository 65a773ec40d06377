import assert from 'node:assert/strict'
import { after } from 'node:test'
import { withClient } from '@pipeline/cdc/database.ts'
import { openClickHouse } from '@pipeline/functions/clickhouse/client.ts'
import { gcsLake } from '@pipeline/functions/lake/gcs.ts'
import type { ReconcileReport, Store, StoreReport } from '@pipeline/functions/reconcile/report.ts'
import type pg from 'pg'
import { callFunction } from '../commands/call-function.ts'
import { runStackDbt } from '../commands/dbt.ts'
import { load } from '../commands/load.ts'
import { formatReport } from '../commands/reconcile.ts'
import { waitForClickHouse } from '../commands/wait-for-clickhouse.ts'
import { waitForLake } from '../commands/wait-for-lake.ts'
import { statePaths } from '../paths.ts'
import { CLICKHOUSE_ACCOUNT } from '../services/clickhouse.ts'
import { stackBucket } from '../stack-bucket.ts'
import { runningStack } from '../stack-file.ts'
import type { ControlState } from '../supervisor/control.ts'

/** The stack that `npm test` started for these tests. */
export const stack = await runningStack(statePaths())

export const bucket = stackBucket(stack)
export const lake = gcsLake(bucket)

export function sql<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  return withClient(stack.postgresUrl, work)
}

/** ClickHouse as the sink and reconcile see it. */
export const clickhouse = openClickHouse({ url: stack.clickhouseUrl, ...CLICKHOUSE_ACCOUNT })
after(() => clickhouse.close())

/** Brings all that was written into every store but the staged rows. */
export async function loadRaw(): Promise<void> {
  assert.equal(await waitForLake(stack, 120), 0, 'changes did not reach the lake')
  assert.equal(await waitForClickHouse(stack, 120), 0, 'changes did not reach ClickHouse')
  await load(stack)
}

/** What a user does after writing: `npm run load`. */
export async function loadAll(): Promise<void> {
  await loadRaw()
  await runStackDbt(stack, ['run', '--select', 'staging'], () => {})
}

export function reconcileNow(waitSeconds = 30): Promise<ReconcileReport> {
  return callFunction<ReconcileReport>(stack, 'reconcile', { waitSeconds })
}

export function assertEqual(report: ReconcileReport): void {
  assert.equal(report.status, 'equal', formatReport(report))
}

export function storeOf(report: ReconcileReport, table: string, store: Store): StoreReport {
  return report.tables.find((each) => each.table === table)!.stores.find((each) => each.store === store)!
}

export async function processes(): Promise<ControlState['processes']> {
  const response = await fetch(`${stack.controlUrl}/status`)
  return ((await response.json()) as ControlState).processes
}

/** Tries until it does not throw any more. */
export async function eventually<T>(attempt: () => Promise<T>, seconds = 60): Promise<T> {
  const until = Date.now() + seconds * 1000
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (Date.now() > until) throw error
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
}

export async function objectsUnder(prefix: string): Promise<string[]> {
  const names: string[] = []
  for await (const page of lake.list(prefix)) names.push(...page.map(({ name }) => name))
  return names
}

/** Makes sure there is a doctor, a patient and a medicine to refer to. */
export async function someone(
  client: pg.Client,
): Promise<{ doctor: string; patient: string; medicine: string }> {
  const one = async (statement: string): Promise<string> =>
    (await client.query(statement)).rows[0].id as string
  return {
    doctor: await one(
      `INSERT INTO doctors (name, specialization) VALUES ('D', 'Cardiology') RETURNING doctor_id AS id`,
    ),
    patient: await one(`INSERT INTO patients (full_name) VALUES ('P') RETURNING patient_id AS id`),
    medicine: await one(`INSERT INTO medicines (name, price) VALUES ('M', 1.25) RETURNING medicine_id AS id`),
  }
}

export interface DeadLetter {
  code: string
  reason: string
  source: string
  todo: string
  origin: Record<string, unknown>
  payload: string | null
}

export async function letters(prefix = ''): Promise<DeadLetter[]> {
  const names = await objectsUnder(`dead-letters/${prefix}`)
  return Promise.all(
    names.map(async (name) => JSON.parse((await bucket.file(name).download())[0].toString()) as DeadLetter),
  )
}

/** Waits until no table is being read again, then brings all into the raw log. */
export async function settled(): Promise<void> {
  await eventually(async () => {
    const open = await sql((client) =>
      client.query(`SELECT 1 FROM pipeline.signals WHERE type = 'execute-snapshot'`),
    )
    assert.equal(open.rowCount, 0, 'a table is still being read')
  })
  await loadRaw()
}

/** Brings all into every store and asserts that each equals PostgreSQL. */
export async function assertAllEqual(): Promise<ReconcileReport> {
  await settled()
  await runStackDbt(stack, ['run', '--select', 'staging'], () => {})
  const report = await reconcileNow(60)
  assertEqual(report)
  return report
}
