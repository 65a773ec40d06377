import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { LARGEST_EVENT } from '@pipeline/hospital/simulator/simulator.ts'
import { type Produced, type ProduceOptions, type Progress, produce } from './produce.ts'
import { startTestPostgres, type TestDatabase, type TestPostgres } from './test-postgres.ts'
import { type Fate, startCommitProxy } from './test-proxy.ts'

let postgres: TestPostgres
before(async () => {
  postgres = await startTestPostgres()
})
after(() => postgres.stop())

const TABLES = ['doctors', 'patients', 'medicines', 'visits', 'prescriptions', 'billing_payments']

function options(database: { url: string }, more: Partial<ProduceOptions>): ProduceOptions {
  return { databaseUrl: database.url, rate: 1000, seed: 7, tickMs: 50, ...more }
}

async function count(database: TestDatabase, sql: string): Promise<number> {
  const [row] = await database.query<{ count: string }>(`SELECT count(*) FROM ${sql}`)
  return Number(row!.count)
}

/** Rows are exactly those inserted and not deleted, and the bills of a visit sum to its cost for its patient. */
async function assertSound(database: TestDatabase, runs: Produced[]): Promise<void> {
  let rows = 0
  for (const table of TABLES) rows += await count(database, table)
  assert.equal(
    rows,
    runs.reduce((sum, { inserted, deleted }) => sum + inserted - deleted, 0),
  )
  const wrongBills = `(SELECT FROM billing_payments b JOIN visits v USING (visit_id)
    GROUP BY v.visit_id HAVING sum(b.total_amount) IS DISTINCT FROM v.total_cost
      OR bool_or(b.patient_id <> v.patient_id)) wrong`
  assert.equal(await count(database, wrongBills), 0)
  assert.ok((await count(database, 'billing_payments')) > 100)
  const wrongPatients = 'prescriptions p JOIN visits v USING (visit_id) WHERE p.patient_id <> v.patient_id'
  assert.equal(await count(database, wrongPatients), 0)
}

function operations({ inserted, updated, deleted, rekeyed, seeded }: Produced): number {
  return inserted + updated + deleted + rekeyed - seeded
}

/** Every operation found its row and none was done twice or left out. */
function assertExactly(run: Produced, changes: number): void {
  const done = operations(run)
  assert.ok(done >= changes && done < changes + LARGEST_EVENT, `${done} instead of ${changes}`)
}

test('two producers with the same seed fill an empty database once and never collide', async () => {
  const database = await postgres.createDatabase()
  const settings = options(database, { rate: 4000, changes: 8000 })
  const runs = await Promise.all([produce(settings), produce(settings)])
  for (const run of runs) assertExactly(run, 8000)
  await assertSound(database, runs)
  assert.equal(await count(database, 'doctors'), 40)
  assert.deepEqual(runs.map(({ seeded }) => seeded).sort(), [0, 641])
  assert.ok(runs.some(({ rekeyed }) => rekeyed > 0))
})

test('a filled hospital is taken up', async () => {
  const database = await postgres.createDatabase()
  const first = await produce(options(database, { rate: 20_000, changes: 3000, patients: 50 }))
  const second = await produce(options(database, { rate: 20_000, changes: 3000, seed: 8 }))
  await assertSound(database, [first, second])
  assert.equal(second.seeded, 0)
  assert.ok((await count(database, 'patients')) < 300)
})

test('the rate is kept and time ends the run', async () => {
  const database = await postgres.createDatabase()
  const run = await produce(options(database, { rate: 600, seconds: 2 }))
  assertExactly(run, 1200)
  assert.ok(run.seconds >= 2 && run.seconds < 2.5, `${run.seconds} s`)
})

test('a signal ends the run after the transaction at hand', async () => {
  const database = await postgres.createDatabase()
  const run = await produce(options(database, { signal: AbortSignal.timeout(1000) }))
  assert.ok(operations(run) > 100 && operations(run) < 2000)
  await assertSound(database, [run])
})

test('a stall of the database is told, and caught up only in part', async () => {
  const database = await postgres.createDatabase()
  const states: Progress['state'][] = []
  let stalled: Promise<unknown> | undefined
  const run = await produce(
    options(database, {
      seconds: 7,
      onProgress({ state }) {
        states.push(state)
        stalled ??= database.query('BEGIN; LOCK TABLE visits; SELECT pg_sleep(5); COMMIT')
      },
    }),
  )
  await stalled
  assert.ok(states.includes('behind'))
  assert.ok(run.skipped > 500 && run.skipped < 3000, `${run.skipped} skipped`)
  assert.ok(Math.abs(operations(run) + run.skipped - 7000) < 150, `${operations(run)} done`)
})

test('killed connections double nothing and lose nothing', async () => {
  const database = await postgres.createDatabase()
  const settings = options(database, { rate: 3000, changes: 9000, tickMs: 20 })
  let running = true
  let killed = 0
  const killing = (async () => {
    while (running) {
      await sleep(100 + ((killed * 37) % 200))
      const rows = await database.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hospital-producer' AND datname = current_database()",
      )
      killed += rows.length
    }
  })()
  const runs = await Promise.all([produce(settings), produce({ ...settings, seed: 8 })]).finally(() => {
    running = false
  })
  await killing
  assert.ok(killed > 6, `${killed} killed`)
  for (const run of runs) assertExactly(run, 9000)
  await assertSound(database, runs)
})

test('a commit that never arrives is done again, one whose answer is lost is not', async () => {
  const database = await postgres.createDatabase()
  const fates: Fate[] = ['lose answer', 'lose commit', 'pass', 'pass']
  const proxy = await startCommitProxy(database.url, (commit) => fates[commit % fates.length]!)
  try {
    const run = await produce(options(proxy, { rate: 2000, changes: 4000 }))
    assertExactly(run, 4000)
    await assertSound(database, [run])
  } finally {
    await proxy.close()
  }
})

test('a crash of the server doubles nothing and loses nothing', async () => {
  const database = await postgres.createDatabase()
  const states = new Set<Progress['state']>()
  const running = produce(
    options(database, { rate: 2000, changes: 8000, onProgress: ({ state }) => states.add(state) }),
  )
  for (let crashes = 0; crashes < 2; crashes++) {
    await sleep(1000)
    await postgres.crash(300)
  }
  const run = await running
  assert.ok(states.has('waiting'))
  assertExactly(run, 8000)
  await assertSound(database, [run])
})

test('an error of the database is told without a row value', async () => {
  const database = await postgres.createDatabase()
  await database.query('ALTER TABLE patients ADD CONSTRAINT nobody CHECK (gender IS NULL)')
  await assert.rejects(produce(options(database, { changes: 10 })), (error) => {
    assert.ok(error instanceof PipelineError)
    assert.equal(error.code, 'DATABASE_UNAVAILABLE')
    assert.deepEqual(error.context, {
      step: 'fill dimensions',
      code: '23514',
      table: 'patients',
      constraint: 'nobody',
    })
    assert.doesNotMatch(inspect(error, { depth: 9 }), /Failing row|example\.(com|org|net)/)
    return true
  })
  assert.equal(await count(database, 'doctors'), 0)
})

test('a wrong password fails at once, no server after the patience, both without the address', async () => {
  const database = await postgres.createDatabase()
  const wrong = new URL(database.url)
  wrong.password = 'hunter2'
  const nobody = new URL(wrong)
  nobody.port = '1'
  for (const [url, patienceSeconds, code] of [
    [wrong, 60, '28P01'],
    [nobody, 0.3, 'ECONNREFUSED'],
  ] as const) {
    await assert.rejects(produce(options({ url: url.href }, { changes: 10, patienceSeconds })), (error) => {
      assert.ok(error instanceof PipelineError)
      assert.equal(error.context.code, code)
      assert.doesNotMatch(inspect(error, { depth: 9 }), /hunter2/)
      return true
    })
  }
})
