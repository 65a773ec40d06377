import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import { countingIds, type IdSource } from './ids.ts'
import { MemoryDatabase } from './memory-database.ts'
import type { Operation } from './operation.ts'
import { createSimulator, type Dimensions, LARGEST_EVENT, type SimulatorOptions } from './simulator.ts'

const options: SimulatorOptions = { seed: 42, startDate: '2025-01-01', operations: 20_000 }

function run(settings: SimulatorOptions, stepSize: number, total: number): Operation[] {
  const simulator = createSimulator(settings)
  const operations = simulator.seedHospital()
  const seeded = operations.length
  while (operations.length - seeded < total) operations.push(...simulator.step(stepSize))
  return operations
}

function digest(operations: Operation[]): string {
  return createHash('sha256').update(JSON.stringify(operations)).digest('hex')
}

function rowsOf(operations: Operation[], table: string): unknown[] {
  return operations.flatMap((operation) =>
    operation.table === table && operation.row ? [operation.row] : [],
  )
}

test('the same seed and options give the same hospital, byte for byte', () => {
  assert.equal(digest(run(options, 100, 20_000)), digest(run(options, 100, 20_000)))
})

test('another seed gives another hospital', () => {
  assert.notEqual(digest(run(options, 100, 2000)), digest(run({ ...options, seed: 43 }, 100, 2000)))
  assert.notEqual(digest(run(options, 100, 2000)), digest(run({ ...options, seed: 42 + 2 ** 32 }, 100, 2000)))
})

test('the size of a step does not change what happens', () => {
  const small = run(options, 1, 5000)
  const large = run(options, 1000, 5000)
  const common = Math.min(small.length, large.length)
  assert.equal(digest(small.slice(0, common)), digest(large.slice(0, common)))
})

test('a step gives what was asked or one event more', () => {
  const simulator = createSimulator(options)
  assert.throws(() => simulator.step(1), /seedHospital/)
  simulator.seedHospital()
  assert.throws(() => simulator.seedHospital(), /already/)
  for (let step = 0; step < 2000; step++) {
    const { length } = simulator.step(7)
    assert.ok(length >= 7 && length < 7 + LARGEST_EVENT, `${length}`)
  }
})

test('the mix is about 60 inserts, 30 updates and 10 deletes, and rekeys are rare', () => {
  for (const operations of [2000, 20_000, 100_000]) {
    const simulator = createSimulator({ ...options, operations })
    simulator.seedHospital()
    const all = simulator.step(operations)
    const share = (op: string) => (100 * all.filter((operation) => operation.op === op).length) / all.length
    assert.ok(Math.abs(share('insert') - 60) < 4, `${share('insert')} inserts`)
    assert.ok(Math.abs(share('update') - 31) < 4, `${share('update')} updates`)
    assert.ok(Math.abs(share('delete') - 9) < 2.5, `${share('delete')} deletes`)
    assert.ok(share('rekey') > 0 && share('rekey') < 0.3, `${share('rekey')} rekeys`)
  }
})

test('a year passes over the operations it was set for, and no day comes after the last', () => {
  const visits = rowsOf(run(options, 100, 20_000), 'visits') as { visit_date: string }[]
  const dates = visits.map((visit) => visit.visit_date)
  assert.equal(dates[0], '2025-01-01')
  assert.ok(dates.at(-1)! > '2025-11-15', dates.at(-1))
  const short = rowsOf(run({ ...options, lastDate: '2025-01-10' }, 100, 5000), 'visits')
  assert.ok((short as { visit_date: string }[]).every((visit) => visit.visit_date <= '2025-01-10'))
})

test('two simulators that share ids never collide, whatever their seeds', () => {
  const ids = countingIds()
  const database = new MemoryDatabase()
  const pair = [createSimulator({ ...options, ids }), createSimulator({ ...options, ids })]
  for (const simulator of pair) for (const operation of simulator.seedHospital()) database.apply(operation)
  for (let round = 0; round < 100; round++) {
    for (const simulator of pair) for (const operation of simulator.step(100)) database.apply(operation)
  }
  assert.ok(database.rows('visits').size > 2000)
})

test('a hospital is taken up where it was left, by several at once', () => {
  const ids: IdSource = countingIds()
  const database = new MemoryDatabase()
  const rows = (table: string) => [...database.rows(table).values()]
  const temporary = () => rows('patients').filter((row) => `${row.insurance_id}`.startsWith('TEMP-'))
  const first = createSimulator({ ...options, ids })
  for (const operation of first.seedHospital()) database.apply(operation)
  while (temporary().length === 0) for (const operation of first.step(10)) database.apply(operation)

  const foreign = new Set(temporary().map((row) => row.patient_id))
  const alchemist = {
    doctor_id: 9999,
    name: 'A B',
    specialization: 'Alchemy',
    experience_years: 1,
    contact_info: null,
  }
  const resume = {
    doctors: [...rows('doctors'), alchemist],
    patients: rows('patients'),
    medicines: rows('medicines'),
  } as unknown as Dimensions
  const second = createSimulator({ ...options, ids, seed: 1, resume })
  assert.deepEqual(second.seedHospital(), [])
  let taken = 0
  for (let round = 0; round < 100; round++) {
    for (const operation of first.step(100)) database.apply(operation)
    for (const operation of second.step(100)) {
      if (operation.op === 'insert' && operation.table === 'visits') {
        assert.notEqual(operation.row.doctor_id, 9999)
        assert.ok(!foreign.has(operation.row.patient_id!), 'a temporary patient of the other')
        if (resume.patients.some((row) => row.patient_id === operation.row.patient_id)) taken += 1
      }
      database.apply(operation)
    }
  }
  assert.ok(taken > 1000, `${taken} visits of patients that were there before`)
})

test('nobody comes before birth, and a date of birth out of range is as good as unknown', () => {
  const person = {
    full_name: 'x',
    gender: 'Female',
    blood_type: null,
    contact_info: null,
    insurance_id: null,
  }
  const births = ['2025-07-01', '0044-03-15 BC', '1800-01-01', null]
  const patients = births.map((date_of_birth, at) => ({ patient_id: 901 + at, date_of_birth, ...person }))
  const operations = run(
    { ...options, operations: 5000, resume: { doctors: [], patients, medicines: [] } },
    100,
    5000,
  )
  const visits = rowsOf(operations, 'visits') as { patient_id: number; visit_date: string }[]
  const datesOf = (id: number) =>
    visits.filter((visit) => visit.patient_id === id).map((visit) => visit.visit_date)
  assert.ok(datesOf(901).length > 0 && datesOf(901).every((date) => date >= '2025-07-01'))
  for (const id of [902, 903, 904]) assert.ok(datesOf(id).length > 0, `${id}`)
})

test('only what is missing is seeded', () => {
  const full = createSimulator(options).seedHospital()
  const resume = { doctors: [], patients: rowsOf(full, 'patients'), medicines: [] } as unknown as Dimensions
  const seeded = createSimulator({ ...options, resume, doctors: 3 }).seedHospital()
  assert.deepEqual([...new Set(seeded.map(({ table }) => table))], ['doctors', 'medicines'])
  assert.equal(rowsOf(seeded, 'doctors').length, 3)
})

test('a hospital without doctors, patients and medicines still works', () => {
  const operations = run({ ...options, doctors: 0, patients: 0, medicines: 0 }, 100, 3000)
  const database = new MemoryDatabase()
  for (const operation of operations) database.apply(operation)
  assert.equal(database.rows('doctors').size, 1)
  assert.equal(database.rows('prescriptions').size, 0)
  assert.ok(database.rows('visits').size > 300)
})

test('what it keeps in mind stays bounded', () => {
  const window = 2000
  const simulator = createSimulator({ ...options, operations: 300_000, window })
  simulator.seedHospital()
  let most = 0
  for (let done = 0; done < 300_000; done += 500) {
    simulator.step(500)
    const { waiting, patients } = simulator.size()
    most = Math.max(most, waiting)
    assert.ok(patients <= 20_000)
  }
  assert.ok(most > window / 2 && most <= window + LARGEST_EVENT, `${most} waiting`)
})
