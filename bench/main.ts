import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measureDelays } from '@pipeline/local-emulators/commands/demo-report.ts'
import { load } from '@pipeline/local-emulators/commands/load.ts'
import { quietStep } from '@pipeline/local-emulators/commands/steps.ts'
import { waitForLake } from '@pipeline/local-emulators/commands/wait-for-lake.ts'
import { statePaths } from '@pipeline/local-emulators/paths.ts'
import { produce } from '@pipeline/local-emulators/producer/produce.ts'
import { measureEmulator } from '@pipeline/local-emulators/pubsub/throughput.ts'
import { readSettings } from '@pipeline/local-emulators/settings.ts'
import { install } from '@pipeline/local-emulators/setup/install.ts'
import { Stack } from '@pipeline/local-emulators/supervisor/stack.ts'
import { type DbtResult, measureDbt } from './dbt.ts'
import { format } from './format.ts'
import { catchUp, debeziumAlone, relayFromFullTopic, type SpineRun, spine } from './measure.ts'
import { measureStores, type StoreResult } from './stores/measure.ts'
import { CHANGES_A_TRANSACTION } from './workload.ts'

const LATENCY_RATE = 200
const LATENCY_SECONDS = 30
const EMULATOR_MESSAGES = 100_000
const EMULATOR_BYTES = 500
const SMALL = 100_000

/** Parts that Debezium's way into the raw log does not need; they would take the machine from those that it does. */
const BESIDE_THE_SPINE = ['clickhouse-sink', 'oltp-sink', 'clickhouse'] as const

export interface BenchResult extends StoreResult, DbtResult {
  debeziumRowsPerSecond: number
  spineRowsPerSecond: number
  spineRatio: number
  relayChangesPerSecond: number
  emulatorMessagesPerSecond: number
  changesPerObject: number
  commitToLakeP50Seconds: number
  commitToLakeP95Seconds: number
  /** Time of the large run to that of the small one, over the ratio of their rows: 1 is a straight line. */
  timeGrowth: number
  /** Highest memory of all processes in the large run to that in the small one: 1 is flat. */
  memoryGrowth: number
  smallRun: SpineRun
  largeRun: SpineRun
}

function say(text: string): void {
  console.error(`bench: ${text}`)
}

/** Measures the pipeline on a stack of its own, all in one run; prints a table or one JSON object. */
export async function bench(options: { json?: boolean; rows: number }): Promise<void> {
  await install()
  say(`Pub/Sub emulator, ${EMULATOR_MESSAGES} messages of ${EMULATOR_BYTES} bytes`)
  const emulator = await measureEmulator({ messages: EMULATOR_MESSAGES, bytes: EMULATOR_BYTES })
  const dbt = await measureDbt(options.rows, say)
  const dir = await mkdtemp(join(tmpdir(), 'hospital-bench-'))
  const stack = new Stack(statePaths(dir), { ...readSettings(), HOSPITAL_DATABASE_URL: undefined })
  try {
    say('starting a stack')
    await stack.start(quietStep)
    const result = { ...dbt, ...(await measure(stack, options.rows, emulator.messagesPerSecond)) }
    console.log(options.json ? JSON.stringify(result) : format(result))
  } finally {
    await stack.stop(quietStep)
    await rm(dir, { recursive: true, force: true })
  }
}

/** What two runs over as many rows did together. */
const meanRate = (one: number, other: number): number => 2 / (1 / one + 1 / other)

/** Both before and after the whole way, because a machine is not as fast in one minute as in the next. */
async function debeziumAndRelay(stack: Stack, rows: number): Promise<{ debezium: number; relay: number }> {
  say(`Debezium alone into Kafka, ${rows} rows`)
  await stack.pause('relay')
  await stack.pause('lake-sink')
  const debezium = await debeziumAlone(stack, rows)
  say('relay from that full topic')
  const relay = await relayFromFullTopic(stack, rows)
  await stack.resume('lake-sink')
  await catchUp(stack, rows)
  return { debezium, relay }
}

async function measure(
  stack: Stack,
  rows: number,
  emulatorMessagesPerSecond: number,
): Promise<Omit<BenchResult, keyof DbtResult>> {
  const info = stack.info
  say(`commit to lake at ${LATENCY_RATE} changes a second for ${LATENCY_SECONDS} s`)
  await produce({ databaseUrl: info.postgresUrl, rate: LATENCY_RATE, seconds: 5, seed: 1 })
  await waitForLake(info, 60)
  const since = new Date()
  await produce({ databaseUrl: info.postgresUrl, rate: LATENCY_RATE, seconds: LATENCY_SECONDS, seed: 2 })
  await waitForLake(info, 60)
  await load(info)
  const delays = await measureDelays(info.warehouseFile, since)

  for (const part of BESIDE_THE_SPINE) await stack.pause(part)
  const changes = Math.floor(rows / CHANGES_A_TRANSACTION) * CHANGES_A_TRANSACTION
  const before = await debeziumAndRelay(stack, changes)

  say(`the whole way, ${SMALL} rows`)
  const smallRun = await spine(stack, SMALL)
  say(`the whole way, ${rows} rows`)
  const largeRun = await spine(stack, changes)
  const after = await debeziumAndRelay(stack, changes)
  await stack.resume('clickhouse')
  const stores = await measureStores(stack, say)
  const debeziumRowsPerSecond = meanRate(before.debezium, after.debezium)
  return {
    ...stores,
    debeziumRowsPerSecond,
    spineRowsPerSecond: largeRun.rowsPerSecond,
    spineRatio: largeRun.rowsPerSecond / debeziumRowsPerSecond,
    relayChangesPerSecond: meanRate(before.relay, after.relay),
    emulatorMessagesPerSecond,
    changesPerObject: largeRun.changesPerObject,
    commitToLakeP50Seconds: delays.lakeP50,
    commitToLakeP95Seconds: delays.lakeP95,
    timeGrowth: largeRun.seconds / smallRun.seconds / (largeRun.rows / smallRun.rows),
    memoryGrowth: largeRun.peakMemoryMB.all! / smallRun.peakMemoryMB.all!,
    smallRun,
    largeRun,
  }
}
