import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { withClient } from '@pipeline/cdc/database.ts'
import type { ExportReport } from '@pipeline/functions/batch-export/export.ts'
import type { ReconcileReport } from '@pipeline/functions/reconcile/report.ts'
import { recordReconcile } from '../health/runs.ts'
import { MemoryWatch } from '../memory.ts'
import { statePaths } from '../paths.ts'
import { produce } from '../producer/produce.ts'
import { addCounts, noCounts } from '../producer/writer.ts'
import { readSettings } from '../settings.ts'
import { install } from '../setup/install.ts'
import type { StackFile } from '../stack-file.ts'
import { endLeftovers } from '../supervisor/leftovers.ts'
import { Stack } from '../supervisor/stack.ts'
import { readWarehouse } from '../warehouse-file.ts'
import { callFunction } from './call-function.ts'
import { runStackDbt } from './dbt.ts'
import { measureDelays, type Stage, stagesTable, topOfMarts } from './demo-report.ts'
import { load } from './load.ts'
import { formatReport } from './reconcile.ts'
import { readStatus } from './status.ts'
import { printStep } from './steps.ts'
import { waitForClickHouse } from './wait-for-clickhouse.ts'
import { waitForEvents } from './wait-for-events.ts'
import { waitForLake } from './wait-for-lake.ts'

interface Options {
  changes: number
  seed: number
}

const RATE = 1_500
/** How much of the work travels as events, at the same time as the rest. */
const EVENTS_SHARE = 0.25
const LOAD_EVERY_MS = 3_000

/** `npm run demo`: from nothing to proven reports, in a state folder of its own that is made anew each time. */
export async function demo(options: Options): Promise<void> {
  const started = Date.now()
  console.log('Setting up')
  await install()
  const paths = statePaths(join(statePaths().dir, 'demo'))
  await endLeftovers(paths)
  await rm(paths.dir, { recursive: true, force: true })
  const stack = new Stack(paths, { ...readSettings(), HOSPITAL_DATABASE_URL: undefined })
  const interrupted = new AbortController()
  const interrupt = (): void => interrupted.abort(new Error('interrupted'))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt)
  const memory = new MemoryWatch(() => [{ name: 'all processes', pid: process.pid }])
  try {
    console.log('Starting the stack')
    const info = await stack.start(printStep)
    const report = await run(info, options, interrupted.signal)
    await memory.look()
    const peak = memory.peaks.get('all processes')
    console.log(
      `Memory of all processes at its highest: ${peak ? `${Math.round(peak / 1e6)} MB` : 'not known here'}`,
    )
    console.log(`Whole run: ${Math.round((Date.now() - started) / 1000)} s`)
    if (report.status !== 'equal' || report.deadLetters > 0) {
      console.error(
        `The stores do not all equal PostgreSQL: ${report.status}, ${report.deadLetters} dead letters.`,
      )
      process.exitCode = 1
    }
    console.log(
      `Where to look: ${paths.published} (any DuckDB client), ${paths.gcs} (the lake), ${paths.logs}`,
    )
    console.log('To keep a stack running: npm run up')
  } finally {
    memory.stop()
    console.log('Stopping the stack')
    await stack.stop(printStep)
  }
}

async function run(stack: StackFile, options: Options, signal: AbortSignal): Promise<ReconcileReport> {
  console.log(
    `A day of hospital work: ${options.changes} changes at ${RATE} a second, loaded while they come`,
  )
  const producing = new AbortController()
  const loading = loadWhile(stack, producing.signal)
  const begun = Date.now()
  const byEvents = Math.floor(options.changes * EVENTS_SHARE)
  const common = { databaseUrl: stack.postgresUrl, kafkaBrokers: [stack.kafkaBrokers], signal }
  const share = (changes: number) => ({
    ...common,
    changes,
    rate: Math.max(1, (RATE * changes) / options.changes),
  })
  const runs = await Promise.all([
    produce({ ...share(options.changes - byEvents), seed: options.seed }),
    ...(byEvents > 0
      ? [produce({ ...share(byEvents), seed: options.seed + 1, via: 'events' as const })]
      : []),
  ])
  signal.throwIfAborted()
  const produced = runs.reduce(addCounts, noCounts())
  const unwritten = await printStep('Wait until all events are in PostgreSQL', () =>
    waitForEvents(stack, 120),
  )
  if (unwritten > 0) console.error(`${unwritten} events did not reach PostgreSQL within two minutes.`)
  const keyChanges = await changeAKey(stack)
  producing.abort()
  await loading
  const stages: Stage[] = []
  const made = produced.inserted + produced.updated + produced.deleted + produced.rekeyed + keyChanges
  stages.push({ name: 'PostgreSQL', count: made, unit: 'changes', seconds: (Date.now() - begun) / 1000 })
  console.log(
    `  of them about ${byEvents} through topic_visits, topic_billing and topic_prescriptions: ` +
      `${(await readStatus(stack)).relay?.events ?? 0} events\n` +
      `  ${produced.inserted} creates, ${produced.updated} updates, ${produced.deleted} deletes, ` +
      `${produced.rekeyed + keyChanges} primary-key changes`,
  )
  const open = await printStep('Wait until the lake has them all', () => waitForLake(stack, 120))
  if (open > 0) console.error(`${open} changes did not reach the lake within two minutes.`)
  const arrived = (Date.now() - begun) / 1000
  const late = await printStep('Wait until ClickHouse has them all', () => waitForClickHouse(stack, 120))
  if (late > 0) console.error(`${late} changes did not reach ClickHouse within two minutes.`)
  const inClickHouse = (Date.now() - begun) / 1000
  const { relay } = await readStatus(stack)
  stages.push({
    name: 'Debezium, Kafka, relay',
    count: relay?.changes ?? 0,
    unit: 'records',
    seconds: arrived,
  })
  await printStep('Last load', () => load(stack))
  const loaded = (Date.now() - begun) / 1000
  const delays = await measureDelays(stack.warehouseFile)
  stages.push({ name: 'Pub/Sub, lake-sink, lake', count: delays.objects, unit: 'objects', seconds: arrived })
  stages.push({ name: 'clickhouse-sink, ClickHouse', count: made, unit: 'changes', seconds: inClickHouse })
  stages.push({ name: 'loaders, raw log', count: delays.changes, unit: 'changes', seconds: loaded })
  const dbtBegun = Date.now()
  await printStep('dbt build: staging, marts and their tests', () => runStackDbt(stack, ['build'], () => {}))
  stages.push({
    name: 'dbt, marts',
    count: await countMarts(stack),
    unit: 'rows',
    seconds: (Date.now() - dbtBegun) / 1000,
  })
  await printStep('Export to Parquet', () =>
    callFunction<ExportReport>(stack, 'batch-export', { again: true }),
  )
  const report = await printStep('Reconcile with PostgreSQL', () =>
    callFunction<ReconcileReport>(stack, 'reconcile', { waitSeconds: 60 }),
  )
  await recordReconcile(statePaths(stack.stateDir).runsFile, report)
  console.log(await topOfMarts(stack.warehouseFile, 5))
  console.log(stagesTable(stages))
  const seconds = (value: number): string => `${value.toFixed(2)} s`
  console.log(
    `From commit to lake: p50 ${seconds(delays.lakeP50)}, p95 ${seconds(delays.lakeP95)}; ` +
      `to warehouse (loaded about every ${LOAD_EVERY_MS / 1000} s): ` +
      `p50 ${seconds(delays.warehouseP50)}, p95 ${seconds(delays.warehouseP95)}`,
  )
  console.log(formatReport(report))
  return report
}

/** Loads again and again, as Cloud Scheduler would, until told to stop. */
async function loadWhile(stack: StackFile, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await load(stack)
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LOAD_EVERY_MS)
      signal.addEventListener('abort', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}

/** Gives one patient with visits another id, which travels as a delete and an insert. Returns the changes made. */
async function changeAKey(stack: StackFile): Promise<number> {
  return withClient(stack.postgresUrl, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      'SELECT patient_id AS id FROM public.visits GROUP BY patient_id ORDER BY count(*) DESC, patient_id LIMIT 1',
    )
    const id = rows[0]?.id
    if (id === undefined) return 0
    const result = await client.query(
      `UPDATE public.patients
       SET patient_id = nextval(pg_get_serial_sequence('public.patients', 'patient_id')) WHERE patient_id = $1`,
      [id],
    )
    return result.rowCount ?? 0
  })
}

async function countMarts(stack: StackFile): Promise<number> {
  return readWarehouse(stack.warehouseFile, async (rows) => {
    const tables = await rows(
      `SELECT sum(estimated_size)::INTEGER AS n FROM duckdb_tables() WHERE schema_name = 'marts'`,
    )
    return Number(tables[0]?.n ?? 0)
  })
}
