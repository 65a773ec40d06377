import type { Client } from 'pg'

const MEDICINES = [
  'Clopidogrel 75 mg',
  'Omeprazole 20 mg',
  'Lithium carbonate 300 mg',
  'Ibuprofen 400 mg',
  'Lisinopril 10 mg',
  'Tramadol 50 mg',
  'Sertraline 50 mg',
  'Aspirin 75 mg',
  'Diclofenac 1% gel',
  'Paracetamol 500 mg',
]
const DURATIONS = [
  '1 day',
  '3 days',
  '1 week',
  '2 weeks',
  '1 month',
  '2 months',
  ' 10 DAYS ',
  'as needed',
  null,
]

/**
 * Few patients with many prescriptions all over a year, most of which meet none of the others in time; then a tenth
 * is corrected, a tenth deleted, and one patient gets another number. The same every time.
 */
export async function prescribeToCrowd(client: Client): Promise<void> {
  const ids = async (text: string, values: unknown[] = []) =>
    (await client.query<{ id: string }>(text, values)).rows.map(({ id }) => id)
  await client.query('BEGIN')
  await client.query('SELECT setseed(0.42)')
  const medicines = await ids(
    'INSERT INTO medicines (name, price) SELECT name, 1 FROM unnest($1::text[]) AS name RETURNING medicine_id AS id',
    [MEDICINES],
  )
  const patients = await ids(
    `INSERT INTO patients (full_name) SELECT 'P' FROM generate_series(1, 12) RETURNING patient_id AS id`,
  )
  const [doctor] = await ids(
    `INSERT INTO doctors (name, specialization) VALUES ('D', 'Cardiology') RETURNING doctor_id AS id`,
  )
  await client.query(
    `WITH visit AS (
       INSERT INTO visits (patient_id, doctor_id, visit_date)
       SELECT patient, $2, DATE '2026-01-01' FROM unnest($1::bigint[]) AS patient RETURNING visit_id, patient_id)
     INSERT INTO prescriptions (patient_id, doctor_id, visit_id, medicine_id, prescribed_at, duration)
     SELECT patient_id, $2, visit_id, ($3::bigint[])[1 + floor(random() * cardinality($3::bigint[]))],
       TIMESTAMPTZ '2026-01-01 08:00Z' + random() * INTERVAL '360 days',
       ($4::text[])[1 + floor(random() * cardinality($4::text[]))]
     FROM visit, generate_series(1, 30)`,
    [patients, doctor, medicines, DURATIONS],
  )
  await client.query('COMMIT')
  const some = 'WHERE patient_id = ANY ($1) AND random() < 0.1'
  await client.query(`UPDATE prescriptions SET duration = '6 days' ${some}`, [patients])
  await client.query(`UPDATE prescriptions SET medicine_id = $2 ${some}`, [patients, medicines[0]])
  await client.query(`DELETE FROM prescriptions ${some}`, [patients])
  await client.query(
    `UPDATE patients SET patient_id = nextval(pg_get_serial_sequence('public.patients', 'patient_id'))
     WHERE patient_id = $1`,
    [patients[0]],
  )
}
