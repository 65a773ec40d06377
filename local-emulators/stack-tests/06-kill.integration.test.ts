import assert from 'node:assert/strict'
import { test } from 'node:test'
import { produce } from '../producer/produce.ts'
import { assertEqual, eventually, loadAll, processes, reconcileNow, stack } from './the-stack.ts'

const VICTIMS = [
  'relay',
  'lake-sink',
  'clickhouse-sink',
  'clickhouse',
  'load-facts',
  'connect',
  'kafka',
  'postgres',
  'dead-letter-sink',
  'relay',
]

/** Kills a part as a crash would, and waits until the supervisor has it running again. */
async function kill(name: string): Promise<void> {
  const before = (await processes()).find((each) => each.name === name)!
  process.kill(before.pid!, 'SIGKILL')
  await eventually(async () => {
    const now = (await processes()).find((each) => each.name === name)!
    assert.equal(now.state, 'ready', name)
    assert.ok(now.restarts > before.restarts, name)
  }, 90)
}

test('invariants 1 and 2: killed one after the other in the midst of a stream, every store equals PostgreSQL', async () => {
  const stop = new AbortController()
  const producing = produce({
    databaseUrl: stack.postgresUrl,
    rate: 400,
    seconds: 600,
    seed: 7,
    signal: stop.signal,
  })
  let loading = true
  const loads = (async () => {
    while (loading) {
      // Killed loaders and a stopped database make loads fail; the next one takes up their work.
      await loadAll().catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  })()
  try {
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    for (const victim of VICTIMS) {
      await kill(victim)
      await new Promise((resolve) => setTimeout(resolve, 2_000))
    }
  } finally {
    stop.abort()
    loading = false
  }
  const produced = await producing
  await loads
  assert.ok(
    produced.inserted > 1_000 && produced.updated > 100 && produced.deleted > 10,
    JSON.stringify(produced),
  )
  await eventually(loadAll, 120)
  const report = await eventually(async () => {
    const now = await reconcileNow(60)
    assert.notEqual(now.captureBehindBytes, null)
    return now
  })
  assertEqual(report)
})
