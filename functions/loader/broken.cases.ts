import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { toNdjson } from '@pipeline/hospital/change.ts'
import type { Lake } from '../lake/port.ts'
import { batchOf, visitChanges } from '../testing/batches.ts'
import { counts, type LoadingOf, totals, upTo } from '../testing/loading.ts'

/** A folder as consoles make it; fake-gcs-server cannot store one. */
function withPlaceholder(lake: Lake): Lake {
  const placeholder = {
    name: 'changes/visits/',
    generation: '1',
    size: 0,
    storedAt: '2024-03-05T00:00:00.000Z',
  }
  return {
    ...lake,
    async *list(prefix) {
      yield [placeholder]
      yield* lake.list(prefix)
    },
  }
}

/** What a load does on every warehouse with objects that are broken, replaced or gone. */
export function brokenCases(current: () => LoadingOf): void {
  test('invariant 5: nothing is guessed: broken objects are told of and left out, all others go on', async () => {
    const it = current()
    const good = batchOf(visitChanges(0, 9))
    const other = batchOf(visitChanges(100, 109))
    const named = (first: number, last: number) => batchOf(visitChanges(first, last)).name
    const broken: [string, Buffer, Record<string, string>?][] = [
      [named(10, 19), batchOf(visitChanges(10, 19)).data.subarray(0, 150)],
      [named(20, 29), Buffer.from('no gzip')],
      [named(30, 39), Buffer.alloc(0)],
      [named(40, 49), gzipSync('{"table":"visits"}\n')],
      [named(50, 59), gzipSync(toNdjson(visitChanges(50, 58)))],
      [named(60, 69), gzipSync(toNdjson(visitChanges(60, 69, { table: 'patients' })))],
      [named(70, 79), batchOf(visitChanges(70, 79)).data, { count: '11' }],
      [named(80, 89).replace('20240305', '20240306'), batchOf(visitChanges(80, 89)).data],
      ['changes/visits/notes.txt', Buffer.from('Erika Mustermann')],
    ]
    await it.put(good)
    await it.put(other)
    for (const [name, data, metadata] of broken) await it.put({ name, data }, metadata)
    const report = await it.load({ lake: withPlaceholder(it.deps.lake) })
    assert.deepEqual(totals(report), counts(2, 20, 0, broken.length))
    assert.equal(report.more, false)
    const told = it.deadLetters.messages.map(({ attributes }) => attributes)
    assert.deepEqual(told.map((each) => each.deadLetterObject).sort(), broken.map(([name]) => name).sort())
    for (const each of told) {
      assert.equal(each.deadLetterCode, 'LAKE_OBJECT_BROKEN')
      assert.equal(each.deadLetterSource, 'load-facts')
      assert.match(each.deadLetterGeneration!, /^\d+$/)
    }
    assert.ok(it.deadLetters.messages.every(({ data }) => data.length === 0))
    assert.doesNotMatch(it.log.text() + JSON.stringify(told), /Erika/)
    const states = (await it.ledger()).filter(({ state }) => state === 'broken')
    assert.equal(states.length, broken.length)
    assert.ok(states.every(({ reasonCode }) => reasonCode === 'LAKE_OBJECT_BROKEN'))

    assert.deepEqual(totals(await it.load()), counts(0, 0), 'a broken object is not tried again')
    assert.equal(it.deadLetters.messages.length, broken.length)
    await it.put(batchOf(visitChanges(10, 19)))
    assert.deepEqual(totals(await it.load()), counts(1, 10), 'until its generation changes')
    assert.deepEqual(await it.offsets(), [...upTo(0, 19), ...upTo(100, 109)])
  })

  test('invariant 5: what only the warehouse refuses is found among its neighbours', async () => {
    const it = current()
    for (const first of [0, 10, 20]) await it.put(batchOf(visitChanges(first, first + 9)))
    const hidden = toNdjson(visitChanges(30, 30)).replace('"row":{', '"row":{"x":"\\ud800","x":1,')
    await it.put({ name: batchOf(visitChanges(30, 30)).name, data: gzipSync(hidden) })
    assert.deepEqual(totals(await it.load()), counts(3, 30, 0, 1))
    assert.deepEqual(await it.offsets(), upTo(0, 29))
    assert.equal(it.deadLetters.messages.length, 1)
    assert.deepEqual(totals(await it.load()), counts(0, 0))
  })

  test('invariant 1: nothing is lost: a broken object that could not be told of is tried again', async () => {
    const it = current()
    const { name, data } = batchOf(visitChanges(0, 9))
    await it.put({ name, data: data.subarray(0, 100) })
    await it.put(batchOf(visitChanges(10, 19)))
    it.deadLetters.failure = new Error('Erika')
    const report = await it.load()
    assert.equal(report.tables.visits!.error?.code, 'Error')
    assert.equal(report.more, true)
    assert.doesNotMatch(JSON.stringify(report) + it.log.text(), /Erika/)
    assert.deepEqual(await it.offsets(), upTo(10, 19))
    it.deadLetters.failure = undefined
    assert.deepEqual(totals(await it.load()), counts(0, 0, 0, 1))
    assert.equal(it.deadLetters.messages.length, 1)
  })

  test('an object that is replaced or gone after it was planned', async () => {
    const it = current()
    const replaced = batchOf(visitChanges(0, 9))
    const gone = batchOf(visitChanges(10, 19))
    await it.put(replaced)
    await it.put(gone)
    const at = async (point: string) => {
      if (point !== 'planned') return
      await it.put(replaced)
      await it.bucket.file(gone.name).delete({ ignoreNotFound: true })
    }
    const first = await it.load({ at })
    assert.deepEqual(totals(first), counts(0, 0, 0, 1))
    assert.equal(it.deadLetters.messages[0]!.attributes.deadLetterObject, gone.name)
    assert.deepEqual(totals(await it.load()), counts(1, 10))
    assert.deepEqual(await it.offsets(), upTo(0, 9))
  })

  test('the mark of a broken object can be lifted, and it is looked at again', async () => {
    const it = current()
    const { name, data } = batchOf(visitChanges(0, 9))
    await it.put({ name, data: data.subarray(0, 100) })
    assert.deepEqual(totals(await it.load()), counts(0, 0, 0, 1))
    assert.deepEqual(totals(await it.load()), counts(0, 0))
    assert.equal(await it.deps.warehouse.retry('visits', ['changes/visits/other', name]), 1)
    assert.equal(await it.deps.warehouse.retry('visits', [name]), 0)
    assert.deepEqual(totals(await it.load()), counts(0, 0, 0, 1))
    assert.equal(await it.deps.warehouse.retry('patients', [name]), 0)
  })
}
