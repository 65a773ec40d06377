import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { batchOf, visitChanges } from '../testing/batches.ts'
import { type FakeGcs, startFakeGcs } from '../testing/fake-gcs.ts'
import { type Loading, newLoading, upTo } from '../testing/loading.ts'

let gcs: FakeGcs
const loadings: Loading[] = []

before(async () => {
  gcs = await startFakeGcs()
})
after(async () => {
  await gcs.stop()
  await Promise.all(loadings.map((each) => each.remove()))
})

async function prepared(): Promise<Loading> {
  const it = await newLoading(await gcs.newBucket())
  loadings.push(it)
  await it.put(batchOf(visitChanges(0, 9)))
  await it.put(batchOf(visitChanges(5, 24)))
  await it.put(batchOf(visitChanges(25, 29)))
  return it
}

/** Runs a load in another process; gives its output and the signal that ended it. */
async function run(it: Loading, crashAt: string): Promise<{ output: string; signal: NodeJS.Signals | null }> {
  const env = {
    ...process.env,
    CRASH_AT: crashAt,
    GCS_URL: gcs.url,
    BUCKET: it.bucket.name,
    DUCKDB: it.file.path,
    TEMP_ROOT: it.deps.tempRoot,
  }
  const child = spawn(process.execPath, [join(import.meta.dirname, '../testing/crashing-load.ts')], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  const signal = await new Promise<NodeJS.Signals | null>((resolve) =>
    child.once('close', (_, s) => resolve(s)),
  )
  return { output, signal }
}

for (const point of ['planned', 'staged', 'inserted', 'marked', 'applied']) {
  test(`invariant 2: twice is once: a load that is killed when ${point} is taken up again whole`, async () => {
    const it = await prepared()
    const { output, signal } = await run(it, point)
    assert.deepEqual([output, signal], [`killed at ${point}`, 'SIGKILL'])
    const open = (await it.ledger()).filter(({ state }) => state === 'planned').length
    assert.equal(open, point === 'applied' ? 0 : 2)
    assert.deepEqual(await it.offsets(), point === 'applied' ? upTo(0, 24) : [])
    const report = await it.load()
    assert.equal(report.totals.rows, point === 'applied' ? 5 : 30)
    assert.deepEqual(await it.offsets(), upTo(0, 29))
    assert.ok((await it.ledger()).every(({ state }) => state === 'done'))
  })
}

test('two processes that load at once wait for each other and double nothing', async () => {
  const it = await prepared()
  const runs = await Promise.all([run(it, 'none'), run(it, 'none'), it.load()])
  const rows = [runs[0], runs[1]].map(({ output }) => {
    const report = JSON.parse(output)
    assert.equal(report.tables.visits.error, undefined)
    return report.totals.rows
  })
  assert.equal(rows[0] + rows[1] + runs[2].totals.rows, 30)
  assert.deepEqual(await it.offsets(), upTo(0, 29))
})
