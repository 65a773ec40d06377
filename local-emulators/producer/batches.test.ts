import assert from 'node:assert/strict'
import test from 'node:test'
import { catalog } from '@pipeline/hospital/catalog.ts'
import { MemoryDatabase } from '@pipeline/hospital/simulator/memory-database.ts'
import { insert, type Operation, rekey, remove, update } from '@pipeline/hospital/simulator/operation.ts'
import { createSimulator } from '@pipeline/hospital/simulator/simulator.ts'
import { toBatches } from './batches.ts'
import { findWitness } from './witness.ts'

function kinds(operations: Operation[]): string[] {
  return toBatches(operations).map(({ op, table, operations: { length } }) => `${op} ${table} ${length}`)
}

const patient = (id: number) => ({ patient_id: id, full_name: 'x' })
const visit = (id: number, of: number) => ({ visit_id: id, patient_id: of, doctor_id: 1 })

test('operations that have nothing to do with each other share a statement', () => {
  assert.deepEqual(
    kinds([
      insert('patients', patient(1)),
      insert('visits', visit(1, 1)),
      insert('patients', patient(2)),
      insert('visits', visit(2, 2)),
      update('visits', visit(1, 1)),
    ]),
    ['insert patients 2', 'insert visits 2', 'update visits 1'],
  )
})

test('changes of one row stay apart and in order', () => {
  assert.deepEqual(
    kinds([
      update('visits', visit(1, 1)),
      update('visits', visit(1, 1)),
      remove('visits', visit(1, 1)),
      insert('visits', visit(1, 1)),
    ]),
    ['update visits 1', 'update visits 1', 'delete visits 1', 'insert visits 1'],
  )
})

test('what refers to a row before its rekey comes before, what refers to it after comes after', () => {
  assert.deepEqual(
    kinds([
      insert('visits', visit(1, 1)),
      rekey('patients', patient(1), patient(9)),
      insert('visits', visit(2, 9)),
    ]),
    ['insert visits 1', 'rekey patients 1', 'insert visits 1'],
  )
})

for (const [size, seed] of [
  [1, 1],
  [40, 2],
  [1000, 3],
  [5000, 4],
] as const) {
  test(`batches of ${size} operations end as the operations do, with every reference kept`, () => {
    const [inOrder, inBatches] = [new MemoryDatabase(), new MemoryDatabase()]
    const simulator = createSimulator({ seed, startDate: '2025-01-01', operations: 5 * size, days: 30 })
    let operations = simulator.seedHospital()
    for (let done = 0; done < 30_000; done += operations.length) {
      for (const operation of operations) inOrder.apply(operation)
      const batches = toBatches(operations)
      for (const batch of batches) {
        const keys = batch.operations.map(({ key }) => JSON.stringify(key))
        assert.equal(new Set(keys).size, keys.length, 'a row twice in a statement')
        for (const operation of batch.operations) inBatches.apply(operation)
      }
      assert.ok(batches.length <= 60, `${batches.length} statements for ${operations.length} operations`)
      operations = simulator.step(size)
    }
    for (const { name } of catalog) {
      const sorted = (database: MemoryDatabase) => [...database.rows(name)].sort(([a], [b]) => a - b)
      assert.deepEqual(sorted(inBatches), sorted(inOrder))
    }
  })
}

test('a witness is a row that the operations made and left', () => {
  assert.deepEqual(findWitness([insert('visits', visit(1, 1)), update('visits', visit(1, 1))]), {
    table: 'visits',
    key: { visit_id: 1 },
  })
  assert.equal(findWitness([insert('visits', visit(1, 1)), remove('visits', visit(1, 1))]), null)
  assert.equal(findWitness([update('visits', visit(1, 1)), remove('visits', visit(2, 1))]), null)
  assert.deepEqual(findWitness([insert('patients', patient(1)), rekey('patients', patient(1), patient(9))]), {
    table: 'patients',
    key: { patient_id: 9 },
  })
})
