import assert from 'node:assert/strict'
import test from 'node:test'
import { rekey, remove, update } from '@pipeline/hospital/simulator/operation.ts'
import { existsStatement, toStatement } from './statements.ts'

const doctor = {
  doctor_id: 7,
  name: "O'Brien",
  specialization: 'Cardiology',
  experience_years: 3,
  contact_info: null,
}

test('an update sets all columns but the key, with the types of the catalog', () => {
  const { text, values } = toStatement({
    op: 'update',
    table: 'doctors',
    operations: [update('doctors', doctor)],
  })
  assert.equal(
    text,
    'UPDATE public.doctors AS t SET name = r.name, specialization = r.specialization, ' +
      'experience_years = r.experience_years, contact_info = r.contact_info ' +
      'FROM json_to_recordset($1::json) AS r(doctor_id bigint, name text, specialization text, ' +
      'experience_years integer, contact_info text) WHERE t.doctor_id = r.doctor_id',
  )
  assert.deepEqual(JSON.parse(values[0]), [doctor])
})

test('a delete sends keys only', () => {
  const statement = toStatement({
    op: 'delete',
    table: 'visits',
    operations: [remove('visits', { visit_id: 3 })],
  })
  assert.equal(
    statement.text,
    'DELETE FROM public.visits AS t USING json_to_recordset($1::json) AS r(visit_id bigint) WHERE t.visit_id = r.visit_id',
  )
  assert.deepEqual(JSON.parse(statement.values[0]), [{ visit_id: 3 }])
})

test('a rekey finds the row by its old key and sets the new', () => {
  const after = { ...doctor, doctor_id: 8 }
  const { text, values } = toStatement({
    op: 'rekey',
    table: 'doctors',
    operations: [rekey('doctors', doctor, after)],
  })
  assert.match(text, /SET doctor_id = r\.doctor_id, .* WHERE t\.doctor_id = r\.old_doctor_id$/)
  assert.deepEqual(JSON.parse(values[0]), [{ ...after, old_doctor_id: 7 }])
})

test('money and timestamps are cast exactly', () => {
  assert.match(
    toStatement({ op: 'insert', table: 'medicines', operations: [] }).text,
    /price numeric\(10, 2\)\)$/,
  )
  assert.match(
    toStatement({ op: 'insert', table: 'prescriptions', operations: [] }).text,
    /prescribed_at timestamptz/,
  )
  assert.match(
    existsStatement('visits', [{ visit_id: 1 }]).text,
    /r\(visit_id bigint\) ON t\.visit_id = r\.visit_id/,
  )
})
