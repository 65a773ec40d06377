import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseLakeName } from '@pipeline/hospital/lake-names.ts'
import type { LakeObject } from '../lake/port.ts'
import { stagedLine } from '../loader/stage.ts'
import { batchOf, visitChanges } from '../testing/batches.ts'
import type { StagedObject, Warehouse } from './port.ts'

const object = (first: number, generation = '1'): LakeObject => ({
  name: batchOf(visitChanges(first, first)).name,
  generation,
  size: 10,
  storedAt: '2024-03-05T10:20:30.123Z',
})

/** What the port promises, on every warehouse. `open` gives an empty one and the number of rows in its log of visits. */
export function warehouseCases(open: () => { warehouse: Warehouse; rows: () => Promise<number> }): void {
  test('invariant 2: the same objects are the same load, and what the ledger knows is not planned again', async () => {
    const ids: string[] = []
    for (const objects of [
      [object(1), object(2)],
      [object(2), object(1)],
      [object(1, '2'), object(2)],
    ]) {
      const plan = await open().warehouse.plan('visits', objects)
      ids.push(plan!.loadId)
    }
    assert.equal(ids[0], ids[1])
    assert.notEqual(ids[0], ids[2])

    const { warehouse } = open()
    const plan = await warehouse.plan('visits', [object(1), object(2)])
    assert.equal(await warehouse.plan('visits', [object(2), object(1)]), undefined)
    const next = await warehouse.plan('visits', [object(1), object(3)])
    assert.deepEqual(next!.objects, [object(3)])
    assert.deepEqual(await warehouse.unknown('visits', [object(1), object(1, '2'), object(4)]), [
      object(1, '2'),
      object(4),
    ])
    assert.deepEqual(
      (await warehouse.planned('visits')).map((each) => [each.loadId, each.objects]),
      [
        [plan!.loadId, [object(1), object(2)]],
        [next!.loadId, [object(3)]],
      ],
    )
    assert.deepEqual(await warehouse.planned('patients'), [])
  })

  test('giving an object up and releasing it end its plan', async () => {
    const { warehouse } = open()
    const plan = (await warehouse.plan('visits', [object(1), object(2), object(3)]))!
    await warehouse.markBroken(plan, object(1), 'LAKE_OBJECT_BROKEN')
    await warehouse.release(plan, object(2))
    assert.deepEqual(
      (await warehouse.planned('visits')).map((each) => each.objects),
      [[object(3)]],
    )
    assert.deepEqual(await warehouse.unknown('visits', [object(1), object(2)]), [object(2)])
  })

  test('invariant 2: a load that is applied twice counts once, and so does a part of it', async (t) => {
    const { warehouse, rows } = open()
    const plan = (await warehouse.plan('visits', [object(1), object(2)]))!
    const folder = await mkdtemp(join(tmpdir(), 'staged-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    const staged: StagedObject[] = []
    for (const each of plan.objects) {
      const name = parseLakeName(each.name)!
      const [change] = visitChanges(name.firstOffset, name.firstOffset)
      const line = stagedLine(JSON.stringify(change), { ...change!, keyed: true }, name, ['visit_id'])
      const path = join(folder, `${name.firstOffset}.ndjson`)
      await writeFile(path, `${line}\n`)
      staged.push({ object: each, name, file: path, rows: 1, bytes: line.length, longestLine: line.length })
    }
    assert.deepEqual(await warehouse.apply(plan, staged.slice(0, 1)), { objects: 1, rows: 1, duplicates: 0 })
    assert.deepEqual(await warehouse.apply(plan, staged), { objects: 1, rows: 1, duplicates: 0 })
    assert.deepEqual(await warehouse.apply(plan, staged), { objects: 0, rows: 0, duplicates: 0 })
    assert.equal(await rows(), 2)
  })
}
