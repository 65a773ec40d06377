import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Batch } from '@pipeline/cdc/relay/batch.ts'
import { catalog, changeTopic } from '@pipeline/hospital/catalog.ts'
import { committedBy, testKafka, testRelay } from './test-relay.ts'
import { eventually, loadAll, processes, sql, stack } from './the-stack.ts'

const kafka = testKafka()
const MAX_IN_FLIGHT = 500_000

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
    const offsets = await committedBy(admin, groupId, topics)
    // Of a topic without records nothing is committed.
    return topics.map((topic) => ({ topic, offset: Math.max(0, offsets[topic]!) }))
  })
}

test('invariant 1: while Pub/Sub takes nothing memory stays bounded and nothing is committed; then all goes', async () => {
  await sql(async (client) => {
    await client.query(
      `INSERT INTO doctors (name, specialization) SELECT repeat('d', 200), 'Urology' FROM generate_series(1, 20001)`,
    )
  })
  await loadAll()
  const groupId = `test-${randomUUID()}`
  const waiting: (() => void)[] = []
  let taken = 0
  let bytes = 0
  let open = false
  const slow = testRelay({
    groupId,
    limits: { maxChanges: 500, maxBytes: 100_000 },
    maxInFlightBytes: MAX_IN_FLIGHT,
    publisher: {
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
    },
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
  assert.ok(taken > 20_000)
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
