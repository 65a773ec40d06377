import type { Filters } from '@pipeline/dashboard/reports/filters.ts'
import type pg from 'pg'

type Numbers = (string | number | null)[]

export const ageBand = (age: number): string =>
  age < 0 ? 'Unknown' : age >= 90 ? '90 and above' : `${age - (age % 10)} to ${age - (age % 10) + 9}`

/** What the page must show of a choice, asked of PostgreSQL itself. Money is text, exact to the cent. */
export async function pageNumbers(client: pg.Client, { from, to, department, doctor }: Filters) {
  const values = [from ?? null, to ?? null, department ?? null, doctor ?? null]
  const between = (day: string): string =>
    `($1::date IS NULL OR ${day} >= $1) AND ($2::date IS NULL OR ${day} <= $2)`
  const who = `($3::text IS NULL OR d.specialization = $3) AND ($4::bigint IS NULL OR d.doctor_id = $4)`
  const visits = `visits v JOIN doctors d USING (doctor_id) WHERE ${between('v.visit_date')} AND ${who}`
  const bills = `billing_payments b JOIN visits v USING (visit_id) JOIN doctors d USING (doctor_id)
    WHERE ${between('b.billing_date')} AND ${who}`
  const rows = async <T extends object>(sql: string): Promise<T[]> => {
    // Each statement uses some of the parameters; PostgreSQL wants the types of all.
    const typed = `WITH given AS (SELECT $1::date, $2::date, $3::text, $4::bigint) ${sql}`
    return (await client.query<T>(typed, values)).rows
  }
  const lists = async (sql: string): Promise<Numbers[]> =>
    (await rows(sql)).map((row) => Object.values(row) as Numbers)
  const money = (sum: string): string => `round(coalesce(${sum}, 0), 2)::text`
  const average = `round(sum(v.total_cost) / nullif(count(v.total_cost), 0), 2)::text`
  const [figures] = await rows<
    Record<'visits' | 'patients', number> & Record<'revenue' | 'averageCost', string>
  >(
    `SELECT count(*)::int AS visits, count(DISTINCT v.patient_id)::int AS patients, ${money('sum(v.total_cost)')} AS revenue,
      ${average} AS "averageCost" FROM ${visits}`,
  )
  const [billed] = await rows<Record<'billed' | 'outstanding', string>>(
    `SELECT ${money('sum(b.total_amount)')} AS billed,
      ${money("sum(b.total_amount) FILTER (WHERE b.payment_status <> 'Paid')")} AS outstanding FROM ${bills}`,
  )
  return {
    figures: { ...figures!, ...billed! },
    months: await rows(
      `SELECT to_char(v.visit_date, 'YYYY-MM') AS month, count(*)::int AS visits, ${money('sum(v.total_cost)')} AS revenue,
        ${average} AS "averageCost" FROM ${visits} GROUP BY 1 ORDER BY 1`,
    ),
    payments: await rows(
      `SELECT b.payment_status AS name, count(*)::int AS bills, ${money('sum(b.total_amount)')} AS amount
       FROM ${bills} GROUP BY 1 ORDER BY 1`,
    ),
    departments: await rows(
      `SELECT d.specialization AS name, count(*)::int AS visits, ${money('sum(v.total_cost)')} AS revenue
       FROM ${visits} GROUP BY d.specialization ORDER BY 2 DESC, d.specialization COLLATE "C"`,
    ),
    specializations: await rows(
      `SELECT d.specialization AS name, count(*)::int AS doctors FROM doctors d WHERE ${who} GROUP BY d.specialization ORDER BY 2 DESC, d.specialization COLLATE "C"`,
    ),
    doctorsByRevenue: await lists(
      `SELECT ${money('sum(v.total_cost)')} AS revenue FROM ${visits} GROUP BY v.doctor_id ORDER BY coalesce(sum(v.total_cost), 0) DESC LIMIT 10`,
    ),
    doctorsByVisits: await lists(
      `SELECT count(*)::int AS visits FROM ${visits} GROUP BY v.doctor_id ORDER BY 1 DESC LIMIT 10`,
    ),
    diagnoses: await lists(
      `SELECT count(*)::int AS visits FROM ${visits} GROUP BY coalesce(v.diagnosis, 'Unknown') ORDER BY 1 DESC LIMIT 15`,
    ),
    medicines: await lists(
      `SELECT count(*)::int AS prescriptions FROM prescriptions p JOIN doctors d USING (doctor_id)
       WHERE ${between("(p.prescribed_at AT TIME ZONE 'UTC')::date")} AND ${who} GROUP BY p.medicine_id ORDER BY 1 DESC LIMIT 15`,
    ),
    ages: (await lists(
      `SELECT CASE WHEN age IS NULL THEN -1 WHEN age >= 90 THEN 90 ELSE age / 10 * 10 END AS band, count(*)::int AS patients
       FROM (SELECT v.patient_id, max(extract(year FROM age(v.visit_date, p.date_of_birth)))::int AS age
         FROM patients p RIGHT JOIN visits v USING (patient_id) JOIN doctors d USING (doctor_id)
         WHERE ${between('v.visit_date')} AND ${who} GROUP BY v.patient_id) AS each_patient
       GROUP BY 1 ORDER BY 1`,
    )) as [number, number][],
  }
}
