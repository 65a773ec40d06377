import { DuckDBInstance } from '@duckdb/node-api'
import { doctors, type KnownVisit } from './known-facts.ts'

const text = (value: string | number | null): string =>
  value === null ? 'NULL' : typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`
const amount = (cents: number | null): string => (cents === null ? 'NULL' : (cents / 100).toFixed(2))

function values(rows: readonly string[][], none: number): string {
  if (rows.length === 0) return `(SELECT ${Array(none).fill('NULL').join(', ')} WHERE false)`
  return `(VALUES ${rows.map((row) => `(${row.join(', ')})`).join(',\n')})`
}

/** The marts of dbt/MARTS.md over known visits, as the published file has them; written without dbt's own code. */
export async function writeKnownMarts(
  path: string,
  visits: readonly KnownVisit[],
  committedAt: string,
): Promise<void> {
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  const make = (name: string, sql: string): Promise<unknown> =>
    connection.run(`CREATE TABLE marts.${name} AS ${sql}`)
  try {
    await connection.run(`CREATE SCHEMA marts`)
    await connection.run(
      `CREATE TEMP TABLE d AS SELECT * FROM ${values(
        doctors.map(({ id, name, department, level }) => [
          String(id),
          text(name),
          text(department),
          text(level),
        ]),
        4,
      )} AS t(doctor_id, doctor_name, specialization, experience_level)`,
    )
    await connection.run(`CREATE TEMP TABLE v AS SELECT visit_id, day::DATE AS day, doctor_id, patient, age::INTEGER AS age,
        diagnosis::VARCHAR AS diagnosis, cost::DECIMAL(10,2) AS cost
      FROM ${values(
        visits.map((v) => [
          text(v.id),
          text(v.day),
          text(v.doctor.id),
          text(v.patient),
          text(v.age),
          text(v.diagnosis),
          amount(v.cost),
        ]),
        7,
      )} AS t(visit_id, day, doctor_id, patient, age, diagnosis, cost)`)
    await connection.run(`CREATE TEMP TABLE p AS SELECT visit_id, medicine_id, name, cost::DECIMAL(31,2) AS cost
      FROM ${values(
        visits.flatMap((v) => v.medicines.map((m) => [text(v.id), text(m.id), text(m.name), amount(m.cost)])),
        4,
      )} AS t(visit_id, medicine_id, name, cost)`)
    await connection.run(`CREATE TEMP TABLE b AS SELECT visit_id, day::DATE AS day, amount::DECIMAL(10,2) AS amount, status
      FROM ${values(
        visits.flatMap((v) => v.bills.map((b) => [text(v.id), text(b.day), amount(b.cents), text(b.status)])),
        4,
      )} AS t(visit_id, day, amount, status)`)
    const month = "date_trunc('month', day)::DATE AS month_start"
    await make(
      'revenue_by_doctor',
      `SELECT day, ${month}, doctor_id, doctor_name, specialization, count(*) AS visits, count(cost) AS visits_with_cost,
        coalesce(sum(cost), 0) AS revenue FROM v JOIN d USING (doctor_id) GROUP BY ALL`,
    )
    await make(
      'diagnosis_distribution',
      `SELECT day, ${month}, doctor_id, doctor_name, specialization, diagnosis, count(*) AS visits
        FROM v JOIN d USING (doctor_id) GROUP BY ALL`,
    )
    await make(
      'diagnosis_words',
      `SELECT diagnosis, word, count(*) AS visits FROM (SELECT DISTINCT visit_id, diagnosis,
          unnest(string_split_regex(lower(substr(diagnosis, strpos(diagnosis, ' ') + 1)), '[^a-z]+')) AS word FROM v)
        WHERE length(word) > 3 GROUP BY ALL`,
    )
    await make(
      'top_medicines',
      `SELECT v.day, ${month}, doctor_id, doctor_name, specialization, medicine_id, p.name AS medicine_name,
        count(*) AS prescriptions, sum(p.cost) AS estimated_cost
        FROM p JOIN v USING (visit_id) JOIN d USING (doctor_id) GROUP BY ALL`,
    )
    await make(
      'payment_status',
      `SELECT b.day, date_trunc('month', b.day)::DATE AS month_start, doctor_id, doctor_name, specialization,
        status AS payment_status, count(*) AS bills, sum(amount) AS amount,
        coalesce(sum(amount) FILTER (status = 'Paid'), 0) AS paid_amount,
        coalesce(sum(amount) FILTER (status <> 'Paid'), 0) AS outstanding_amount
        FROM b JOIN v USING (visit_id) JOIN d USING (doctor_id) GROUP BY ALL`,
    )
    await make(
      'doctor_performance',
      `SELECT d.*, count(visit_id) AS total_visits FROM d LEFT JOIN v USING (doctor_id) GROUP BY ALL`,
    )
    await make(
      'patient_journey',
      `SELECT visit_id, true AS visit_is_known, patient AS patient_pseudonym, doctor_id, doctor_name, specialization,
        day AS visit_date, row_number() OVER (PARTITION BY patient ORDER BY day, visit_id) AS visit_number, diagnosis,
        age AS age_at_visit, CASE WHEN age IS NULL THEN 'Unknown' WHEN age < 18 THEN 'Child' WHEN age <= 40 THEN 'Adult'
          WHEN age <= 65 THEN 'Middle-aged' ELSE 'Senior' END AS age_group,
        cost AS total_cost, coalesce(ps.medicines, NULL) AS medicines, coalesce(bs.billed, 0) AS billed_amount,
        coalesce(bs.outstanding, 0) AS outstanding_balance,
        CASE WHEN bs.billed IS NULL THEN 'Not billed' WHEN bs.outstanding = 0 THEN 'Paid' ELSE 'Outstanding' END AS billing_state
        FROM v JOIN d USING (doctor_id)
        LEFT JOIN (SELECT visit_id, string_agg(DISTINCT name, ', ' ORDER BY name) AS medicines FROM p GROUP BY 1) ps USING (visit_id)
        LEFT JOIN (SELECT visit_id, sum(amount) AS billed, coalesce(sum(amount) FILTER (status <> 'Paid'), 0) AS outstanding
          FROM b GROUP BY 1) bs USING (visit_id)`,
    )
    await connection.run(
      `CREATE TABLE published AS SELECT 'visits' AS table_name, count(*) AS row_count,
        '${committedAt}'::TIMESTAMPTZ AS loaded_at, 'x' AS sequence, '${committedAt}'::TIMESTAMPTZ AS committed_at,
        now() AS published_at FROM v`,
    )
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
