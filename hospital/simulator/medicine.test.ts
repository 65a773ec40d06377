import assert from 'node:assert/strict'
import test from 'node:test'
import { ageInYears, parseDay } from './calendar.ts'
import { diagnoses, diagnosisText } from './diagnoses.ts'
import { formulary } from './formulary.ts'
import { MemoryDatabase } from './memory-database.ts'
import type { SqlRow } from './operation.ts'
import { createSimulator } from './simulator.ts'
import { findSpecialty } from './specialties.ts'
import { OLDEST } from './text-table.ts'

const byText = new Map(diagnoses.map((diagnosis) => [diagnosisText(diagnosis), diagnosis]))
const byName = new Map(formulary.map((drug) => [drug.name, drug]))

const database = new MemoryDatabase()
const durations: string[] = []
/** Ten years, in which patients outgrow what they had. */
const simulator = createSimulator({ seed: 77, startDate: '2025-01-01', operations: 80_000, days: 3650 })
for (const operation of [...simulator.seedHospital(), ...simulator.step(80_000)]) {
  database.apply(operation)
  if (operation.op === 'insert' && operation.table === 'prescriptions' && operation.row.duration) {
    durations.push(operation.row.duration as string)
  }
}

/** Ages a patient's row allows for at a visit: the exact one, and -1 besides in the first four weeks. */
function ageAt(patient: SqlRow, visit: SqlRow): number | null {
  if (patient.date_of_birth === null) return null
  const birth = parseDay(patient.date_of_birth as string)
  const day = parseDay(visit.visit_date as string)
  assert.ok(birth <= day, 'a visit before birth')
  return day - birth <= 28 ? -1 : ageInYears(birth, day)
}

function assertAge(limits: { min: number; max: number }, age: number | null, what: string): void {
  if (age === null) assert.ok(limits.min <= 18 && limits.max === OLDEST, `${what} at an unknown age`)
  else assert.ok(age >= limits.min && age <= limits.max, `${what} at ${age}`)
}

test('the tables are large, sound and used', () => {
  assert.ok(diagnoses.length >= 80)
  assert.ok(formulary.length >= 60)
  assert.equal(new Set(diagnoses.map(({ code }) => code)).size, diagnoses.length)
  assert.equal(new Set(formulary.map(({ name }) => name)).size, formulary.length)
  for (const { code, specialties } of diagnoses) {
    assert.match(code, /^[A-Z]\d\d(\.\d)?$/)
    assert.ok(specialties.length > 0, code)
  }
  const used = new Set([...database.rows('visits').values()].map(({ diagnosis }) => diagnosis))
  assert.ok(used.size > 90, `${used.size} diagnoses came up`)
  const specialties = new Set([...database.rows('doctors').values()].map((row) => row.specialization))
  assert.ok(specialties.size >= 12)
})

test("every diagnosis fits the doctor's specialty and the patient's age and sex", () => {
  let checked = 0
  for (const visit of database.rows('visits').values()) {
    if (visit.diagnosis === null) continue
    const diagnosis = byText.get(visit.diagnosis as string)!
    const patient = database.row('patients', visit.patient_id)
    const specialty = findSpecialty(database.row('doctors', visit.doctor_id).specialization as string)!
    assert.ok(diagnosis.specialties.includes(specialty), `${visit.diagnosis} in ${specialty.name}`)
    const age = ageAt(patient, visit)
    for (const limits of [diagnosis, specialty]) {
      assertAge(limits, age, limits.name)
      if (limits.sex !== null) assert.equal(patient.gender, limits.sex, limits.name)
    }
    checked += 1
  }
  assert.ok(checked > 10_000)
})

test('every medicine fits the diagnosis and the age', () => {
  let checked = 0
  for (const prescription of database.rows('prescriptions').values()) {
    const visit = database.row('visits', prescription.visit_id)
    const drug = byName.get(database.row('medicines', prescription.medicine_id).name as string)!
    const diagnosis = byText.get(visit.diagnosis as string)
    assert.ok(diagnosis?.drugs.includes(drug), `${drug.name} against ${visit.diagnosis}`)
    assertAge(drug, ageAt(database.row('patients', visit.patient_id), visit), drug.name)
    if (prescription.dosage !== null) assert.ok(drug.dosages.includes(prescription.dosage as string))
    checked += 1
  }
  assert.ok(checked > 5000)
})

test('the cost of a visit is of the size of its illness', () => {
  const costs = (code: string) =>
    [...database.rows('visits').values()]
      .filter((visit) => (visit.diagnosis as string | null)?.startsWith(code) && visit.total_cost !== null)
      .map((visit) => Number(visit.total_cost))
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  assert.ok(mean(costs('I21.9')) > 10 * mean(costs('J06.9')))
})

test('every form of a duration appears, and no other', () => {
  const forms = [
    /^1 day$/,
    /^[2-9] days$|^\d\d days$/,
    /^1 week$/,
    /^[2-9] weeks$/,
    /^1 month$/,
    /^([2-9]|12) months$/,
  ]
  for (const form of forms) assert.ok(durations.filter((text) => form.test(text)).length > 20, `${form}`)
  assert.deepEqual(
    durations.filter((text) => !forms.some((form) => form.test(text))),
    [],
  )
})

test('some of what may be null is null, for a while or for good', () => {
  const share = (table: string, column: string) => {
    const rows = [...database.rows(table).values()]
    return rows.filter((row) => row[column] === null).length / rows.length
  }
  for (const [table, column] of [
    ['visits', 'diagnosis'],
    ['visits', 'total_cost'],
    ['prescriptions', 'dosage'],
    ['prescriptions', 'duration'],
  ] as const) {
    const nulls = share(table, column)
    assert.ok(nulls > 0 && nulls < 0.08, `${table}.${column} ${nulls}`)
  }
})
