import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { catalog } from '@pipeline/hospital/catalog.ts'
import type { ChangeRecord } from '@pipeline/hospital/change.ts'
import { runDbt } from './run.ts'
import { disturbed } from './testing/database.ts'
import { expectedMarts, PSEUDONYM_KEY, pseudonym } from './testing/expected-marts.ts'
import { AS_OF, hospitalCase } from './testing/hospital-case.ts'
import { appendChanges, textRows } from './testing/raw-file.ts'

const CHUNKS = 5
const db = hospitalCase()
let dir: string
let path: string

async function run(pseudonymKey = PSEUDONYM_KEY, ...more: string[]): Promise<void> {
  const args = ['run', '--vars', `{as_of: '${AS_OF}'}`, ...more]
  const { ok, results } = await runDbt({ args, duckdbPath: path, pseudonymKey, logDir: join(dir, 'logs') })
  assert.ok(ok, JSON.stringify(results.filter(({ status }) => status !== 'success')))
}

/** The changes in pieces that overlap: each comes with some that were there, and some that come too early. */
function pieces(changes: readonly ChangeRecord[]): ChangeRecord[][] {
  const size = Math.ceil(changes.length / CHUNKS)
  return Array.from({ length: CHUNKS }, (_, index) => {
    const own = changes.slice(index * size, (index + 1) * size)
    const early = changes.filter((_change, place) => place % 11 === index && place > (index + 1) * size)
    const again = changes.slice(0, index * size).filter((_change, place) => place % 7 === index)
    return disturbed([...own, ...early, ...again], index + 1)
  })
}

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dbt-incremental-'))
  path = join(dir, 'warehouse.duckdb')
  for (const [index, piece] of pieces(db.changes).entries()) {
    await appendChanges(path, piece, `2026-06-1${index}T01:00:00Z`)
    await run()
  }
})
after(() => rm(dir, { recursive: true, force: true }))

test('invariants 2, 3 and 6: current rows are right after runs over pieces that come early, late and again', async () => {
  for (const { name, key } of catalog) {
    const rows = await textRows(path, `SELECT ${key[0]} AS k FROM staging.base_${name}`)
    const expected = db.rows(name).map((row) => String(row[key[0]!]))
    assert.deepEqual(rows.map(({ k }) => k).sort(), expected.sort(), name)
  }
  assert.ok(db.changes.some(({ op }) => op === 't'))
})

test('invariant 10: marts are what a count over the final rows gives', async () => {
  for (const [mart, expected] of Object.entries(expectedMarts(db))) {
    const [key] = Object.keys(expected[0]!) as [string]
    const rows = await textRows(
      path,
      `SELECT * EXCLUDE (k) FROM (SELECT *, ${key}::VARCHAR AS k FROM marts.${mart}) ORDER BY k`,
    )
    for (const row of rows) delete row.built_from
    const sorted = expected.toSorted((a, b) => (a[key]! < b[key]! ? -1 : 1))
    assert.deepEqual(rows, sorted, mart)
  }
})

test('a full refresh gives the same', async () => {
  const marts = Object.keys(expectedMarts(db))
  const contents = () => Promise.all(marts.map((mart) => textRows(path, `FROM marts.${mart} ORDER BY ALL`)))
  const incremental = await contents()
  await run(PSEUDONYM_KEY, '--full-refresh')
  assert.deepEqual(await contents(), incremental)
})

test('invariant 8: another key gives other pseudonyms, everywhere at once and none of the old ones', async () => {
  await run('f'.repeat(64))
  const old = new Set(db.rows('patients').map(({ patient_id }) => pseudonym(patient_id!)))
  const columns = await textRows(
    path,
    `SELECT table_schema || '.' || table_name AS name FROM information_schema.columns
     WHERE column_name = 'patient_pseudonym' AND table_schema IN ('marts', 'restricted', 'staging')`,
  )
  assert.ok(columns.length >= 4)
  for (const { name } of columns) {
    const rows = await textRows(path, `SELECT DISTINCT patient_pseudonym AS p FROM ${name}`)
    assert.ok(rows.length > 10, name!)
    assert.deepEqual(
      rows.filter(({ p }) => old.has(p!)),
      [],
      name!,
    )
  }
})
