import { createKafka } from '@pipeline/cdc/relay/kafka.ts'
import { changeTopic, tablesOfKind } from '@pipeline/hospital/catalog.ts'
import { callFunction } from '@pipeline/local-emulators/commands/call-function.ts'
import type { LoadReport } from '@pipeline/local-emulators/commands/load.ts'
import { MemoryWatch } from '@pipeline/local-emulators/memory.ts'
import type { StackFile } from '@pipeline/local-emulators/stack-file.ts'
import type { Stack } from '@pipeline/local-emulators/supervisor/stack.ts'
import { pino } from 'pino'
import { changeFacts } from './workload.ts'

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
/** A load begins when so many changes wait for it, or half of what is left, or the last ones, or after this time. */
const LOAD_CHANGES = 350_000
const LAST_LOAD_CHANGES = 50_000
const LONGEST_LOAD_PAUSE_MS = 20_000

/** Counts the changes of facts that are in Kafka. */
async function withKafka<T>(
  stack: StackFile,
  work: (count: () => Promise<number>) => Promise<T>,
): Promise<T> {
  const admin = createKafka({ brokers: [stack.kafkaBrokers] }, 'bench', pino({ level: 'silent' })).admin()
  await admin.connect()
  try {
    return await work(async () => {
      let sum = 0
      for (const { name } of tablesOfKind('fact')) {
        for (const { high } of await admin.fetchTopicOffsets(changeTopic(name))) sum += Number(high)
      }
      return sum
    })
  } finally {
    await admin.disconnect()
  }
}

/** Rows a second from commit to Kafka, with everything behind Kafka stopped. */
export async function debeziumAlone(stack: Stack, rows: number): Promise<number> {
  return withKafka(stack.info, async (count) => {
    const before = await count()
    const begun = performance.now()
    const changing = changeFacts(stack.info.postgresUrl, rows)
    while ((await count()) - before < rows) await pause(50)
    const seconds = (performance.now() - begun) / 1000
    await changing
    return rows / seconds
  })
}

async function relayed(stack: StackFile): Promise<number> {
  const response = await fetch(`${stack.relayMetricsUrl}/stats`)
  const metrics = (await response.json()) as { name: string; values: { value: number }[] }[]
  const metric = metrics.find(({ name }) => name === 'relay_changes_total')
  return metric?.values.reduce((sum, { value }) => sum + value, 0) ?? 0
}

/** Changes a second that the relay moves to Pub/Sub from a topic that holds `rows`; nothing takes them from there. */
export async function relayFromFullTopic(stack: Stack, rows: number): Promise<number> {
  await stack.resume('relay')
  const begun = performance.now()
  while ((await relayed(stack.info)) < rows) await pause(50)
  return rows / ((performance.now() - begun) / 1000)
}

async function awaitRelayed(stack: StackFile, count: number): Promise<void> {
  const until = performance.now() + LONGEST_LOAD_PAUSE_MS
  while (performance.now() < until && (await relayed(stack)) < count) await pause(250)
}

/** Loads facts while they come, until the raw log has taken `rows` more. `carried`: what the relay had carried before. */
async function loadRows(stack: StackFile, rows: number, carried: number): Promise<number> {
  let objects = 0
  for (let loaded = 0; loaded < rows; ) {
    const left = rows - loaded
    const wanted = left <= LAST_LOAD_CHANGES ? left : Math.min(LOAD_CHANGES, Math.ceil(left / 2))
    await awaitRelayed(stack, carried + loaded + wanted)
    const { totals } = await callFunction<LoadReport>(stack, 'load-facts')
    loaded += totals.rows
    objects += totals.objects
    if (totals.rows === 0) await pause(100)
  }
  return objects
}

export interface SpineRun {
  rows: number
  seconds: number
  rowsPerSecond: number
  changesPerObject: number
  /** Highest memory of each process and of all together while it ran, MB. */
  peakMemoryMB: Record<string, number>
}

/** The whole way: from insert in PostgreSQL into the raw log, loads running all the while. */
export async function spine(stack: Stack, rows: number): Promise<SpineRun> {
  const memory = new MemoryWatch(
    () => [
      { name: 'all', pid: process.pid },
      ...stack.processes().map(({ name, pid }) => ({ name, pid, alone: name !== 'postgres' })),
      { name: 'supervisor', pid: process.pid, alone: true },
    ],
    5_000,
  )
  const carried = await relayed(stack.info)
  const begun = performance.now()
  const [objects] = await Promise.all([
    loadRows(stack.info, rows, carried),
    changeFacts(stack.info.postgresUrl, rows),
  ])
  const seconds = (performance.now() - begun) / 1000
  memory.stop()
  return {
    rows,
    seconds,
    rowsPerSecond: rows / seconds,
    changesPerObject: rows / objects,
    peakMemoryMB: Object.fromEntries(
      [...memory.peaks].map(([name, bytes]) => [name, Math.round(bytes / 1e6)]),
    ),
  }
}

/** Waits until everything that is in Kafka is loaded, so that the next measurement starts from nothing open. */
export async function catchUp(stack: Stack, rows: number): Promise<void> {
  await loadRows(stack.info, rows, 0)
}
