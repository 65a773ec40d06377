import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Batch } from '@pipeline/cdc/relay/batch.ts'
import { createKafka } from '@pipeline/cdc/relay/kafka.ts'
import { createMetrics } from '@pipeline/cdc/relay/metrics.ts'
import type { Publisher } from '@pipeline/cdc/relay/publisher.ts'
import { Relay } from '@pipeline/cdc/relay/relay.ts'
import { catalog, changeTopic } from '@pipeline/hospital/catalog.ts'
import { pino } from 'pino'
import { eventually, loadAll, processes, sql, stack } from './the-stack.ts'

const silent = pino({ level: 'silent' })
const kafka = createKafka({ brokers: [stack.kafkaBrokers] }, 'relay-test', silent)
const MAX_IN_FLIGHT = 500_000

function relay(groupId: string, publisher: Publisher): Relay {
  return new Relay({
    kafka,
    groupId,
    limits: { maxChanges: 500, maxBytes: 100_000 },
    lingerMs: 50,
    maxInFlightBytes: MAX_IN_FLIGHT,
    publisher,
    metrics: createMetrics(),
    logger: silent,
    onFatal: (error) => assert.fail(error),
  })
}

interface Position {
  topic: string
  offset: number
}

async function withAdmin<T>(work: (admin: ReturnType<typeof kafka.admin>) => Promise<T>): Promise<T> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

const topics = catalog.map(({ name }) => changeTopic(name))

/** Where the topics of the catalog end, and what a group has committed of them. */
function ends(): Promise<Position[]> {
  return withAdmin((admin) =>
    Promise.all(
      topics.map(async (topic) => ({
        topic,
        offset: Number((await admin.fetchTopicOffsets(topic))[0]!.high),
      })),
    ),
  )
}

function committed(groupId: string): Promise<Position[]> {
  return withAdmin(async (admin) => {
    const offsets = await admin.fetchOffsets({ groupId, topics })
    return topics.map((topic) => {
      const found = offsets.find((each) => each.topic === topic)!.partitions[0]!
      // -1: of a topic without records nothing is committed.
      return { topic, offset: Math.max(0, Number(found.offset)) }
    })
  })
}

test('invariant 1: while Pub/Sub takes nothing memory stays bounded and nothing is committed; then all goes', async () => {
  await sql(async (client) => {
    await client.query(
      `INSERT INTO doctors (name, specialization) SELECT repeat('d', 200), 'Urology' FROM generate_series(1, 20000)`,
    )
  })
  await loadAll()
  const groupId = `test-${randomUUID()}`
  const waiting: (() => void)[] = []
  let taken = 0
  let bytes = 0
  let open = false
  const slow = relay(groupId, {
    publish: (batch: Batch) => {
      bytes += batch.ndjson.length
      return new Promise<void>((resolve) => {
        const take = (): void => {
          taken += batch.count
          resolve()
        }
        if (open) take()
        else waiting.push(take)
      })
    },
    deadLetter: async () => {},
  })
  await slow.start()
  await eventually(async () => {
    const before = bytes
    await sleep(1_500)
    assert.ok(bytes > 0 && bytes === before, 'it still reads')
  })
  // One fetch may still come on top of what is in flight.
  assert.ok(bytes < MAX_IN_FLIGHT + 4_000_000, `${bytes} bytes in flight`)
  assert.deepEqual(
    (await committed(groupId)).filter(({ offset }) => offset > 0),
    [],
  )
  open = true
  for (const take of waiting.splice(0)) take()
  const all = await ends()
  await eventually(async () => assert.deepEqual(await committed(groupId), all))
  await slow.stop()
  assert.ok(taken >= 20_000, `${taken} were taken`)
})

test('a clean stop leaves nothing to send again', async () => {
  await loadAll()
  const before = (await processes()).find(({ name }) => name === 'relay')!
  process.kill(before.pid!, 'SIGTERM')
  await eventually(async () => {
    const now = (await processes()).find(({ name }) => name === 'relay')!
    assert.ok(now.state === 'ready' && now.restarts > before.restarts)
  })
  await sleep(2_000)
  const response = await fetch(`${stack.relayMetricsUrl}/stats`)
  const metrics = (await response.json()) as { name: string; values: { value: number }[] }[]
  const sent = metrics.find(({ name }) => name === 'relay_changes_total')!.values
  assert.equal(
    sent.reduce((sum, { value }) => sum + value, 0),
    0,
  )
  assert.deepEqual(await committed('hospital-relay'), await ends())
})
