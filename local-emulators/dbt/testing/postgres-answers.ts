/**
 * What each mart should say, asked of PostgreSQL's source tables in PostgreSQL's own words: age(), lateral joins, filtered
 * aggregates. Each has the mart's columns by name and the columns that its rows are ordered by.
 */
export interface Answer {
  sql: string
  order: string
}

/** HMAC-SHA-256 by PostgreSQL's own sha256, with the two padded keys of RFC 2104. */
function pseudonymSql(id: string, key: Buffer): string {
  const pad = (byte: number): string => {
    const padded = Buffer.alloc(64)
    key.copy(padded)
    return `'\\x${Buffer.from(padded.map((value) => value ^ byte)).toString('hex')}'::bytea`
  }
  return `left(encode(sha256(${pad(0x5c)} || sha256(${pad(0x36)} || convert_to('patient:' || ${id}, 'UTF8'))), 'hex'), 32)`
}

const WEEKS = `(ARRAY[1, 7, 30])[array_position(ARRAY['day', 'week', 'month'], (regexp_match(lower(p.duration), '(day|week|month)'))[1])]`
const PRICED = `(SELECT p.*, m.name AS medicine_name, m.category AS medicine_category, (p.prescribed_at AT TIME ZONE 'UTC')::date AS day,
    round((regexp_match(p.duration, '^\\s*(\\d+)'))[1]::bigint * ${WEEKS} * coalesce(
      (SELECT h.price FROM price_history h WHERE h.medicine_id = p.medicine_id AND h.at <= p.prescribed_at ORDER BY h.at DESC LIMIT 1),
      (SELECT h.price FROM price_history h WHERE h.medicine_id = p.medicine_id ORDER BY h.at LIMIT 1)), 2) AS cost
  FROM prescriptions p JOIN medicines m USING (medicine_id))`
const CATEGORY = (cost: string): string =>
  `CASE WHEN ${cost} > 500 THEN 'High-cost' WHEN ${cost} > 200 THEN 'Medium-cost' WHEN ${cost} IS NOT NULL THEN 'Low-cost' ELSE 'Unknown' END`
const AGE = (on: string): string => `extract(year FROM age(${on}, date_of_birth))::int`
const GROUP = (on: string): string =>
  `CASE WHEN ${AGE(on)} < 18 THEN 'Child' WHEN ${AGE(on)} < 41 THEN 'Adult' WHEN ${AGE(on)} < 66 THEN 'Middle-aged'
     WHEN ${AGE(on)} IS NOT NULL THEN 'Senior' ELSE 'Unknown' END`
const BAND = (on: string): string =>
  `CASE WHEN date_of_birth IS NULL THEN -1 ELSE least(90, ${AGE(on)} / 5 * 5) END`
const BAND_NAME = (from: string): string =>
  `CASE ${from} WHEN -1 THEN 'Unknown' WHEN 90 THEN '90+' ELSE ${from} || '-' || ${from} + 4 END`
const MONTH = (day: string): string => `date_trunc('month', ${day})::date`
const DOCTOR = 'd.doctor_id, d.name AS doctor_name, d.specialization'

/** Answers as of a day, for patients who are named under a key of 64 hex digits. */
export function answers(asOf: string, keyHex: string): Record<string, Answer> {
  const pseudonym = (id: string): string => pseudonymSql(id, Buffer.from(keyHex, 'hex'))
  const today = `DATE '${asOf}'`
  return {
    doctor_performance: {
      order: 'doctor_id',
      sql: `SELECT d.doctor_id, true AS doctor_is_known, d.name AS doctor_name, d.specialization,
          CASE WHEN experience_years < 5 THEN 'Junior' WHEN experience_years < 16 THEN 'Experienced'
            WHEN experience_years IS NOT NULL THEN 'Senior' ELSE 'Unknown' END AS experience_level,
          v.*, p.*
        FROM doctors d,
          LATERAL (SELECT count(*) AS total_visits, count(DISTINCT patient_id) AS unique_patients,
            coalesce(sum(total_cost), 0.00) AS total_revenue, round(avg(total_cost), 2) AS average_visit_cost
            FROM visits WHERE doctor_id = d.doctor_id) v,
          LATERAL (SELECT count(*) AS total_prescriptions, coalesce(sum(cost), 0.00) AS prescription_value,
            count(*) FILTER (WHERE cost IS NULL) AS unpriced_prescriptions
            FROM priced x WHERE x.doctor_id = d.doctor_id) p`,
    },
    monthly_visit_stats: {
      order: 'month_start',
      sql: `SELECT ${MONTH('visit_date')} AS month_start, extract(year FROM ${MONTH('visit_date')})::int AS visit_year,
          extract(month FROM ${MONTH('visit_date')})::int AS visit_month, count(*) AS total_visits,
          count(DISTINCT patient_id) AS unique_patients, count(DISTINCT doctor_id) AS unique_doctors,
          coalesce(sum(total_cost), 0.00) AS total_revenue, round(avg(total_cost), 2) AS average_visit_cost,
          count(*) FILTER (WHERE total_cost > 500) AS high_cost_visits,
          round(avg(CASE WHEN total_cost > 500 THEN 1 WHEN total_cost IS NOT NULL THEN 0 END), 4) AS high_cost_share
        FROM visits GROUP BY 1`,
    },
    patient_spending_analysis: {
      order: 'patient_pseudonym',
      sql: `SELECT ${pseudonym('c.patient_id')} AS patient_pseudonym, true AS patient_is_known, ${GROUP(today)} AS age_group,
          v.*, p.*, b.*
        FROM patients c,
          LATERAL (SELECT count(*) AS total_visits, coalesce(sum(total_cost), 0.00) AS total_visit_cost,
            round(avg(total_cost), 2) AS average_visit_cost FROM visits WHERE patient_id = c.patient_id) v,
          LATERAL (SELECT count(*) AS total_bills, coalesce(sum(total_amount), 0.00) AS total_billed,
            coalesce(sum(total_amount) FILTER (WHERE payment_status = 'Paid'), 0.00) AS total_paid,
            coalesce(sum(total_amount) FILTER (WHERE payment_status IN ('Unpaid', 'Pending')), 0.00) AS total_outstanding
            FROM billing_payments WHERE patient_id = c.patient_id) b,
          LATERAL (SELECT coalesce(max(n), 0) AS total_prescriptions, coalesce(max(total), 0.00) AS total_prescription_cost,
            coalesce(max(open), 0) AS unpriced_prescriptions FROM priced_by_patient WHERE patient_id = c.patient_id) p`,
    },
    patient_journey: {
      order: 'visit_id',
      sql: `SELECT v.visit_id, true AS visit_is_known, ${pseudonym('v.patient_id')} AS patient_pseudonym, ${DOCTOR}, v.visit_date,
          ${MONTH('v.visit_date')} AS month_start, rank() OVER history AS visit_number,
          v.visit_date - lag(v.visit_date) OVER history AS days_since_previous_visit, v.diagnosis, v.total_cost,
          ${CATEGORY('v.total_cost')} AS cost_category,
          coalesce(p.n, 0) AS prescriptions, p.medicines, coalesce(p.total, 0.00) AS prescription_cost,
          coalesce(p.open, 0) AS unpriced_prescriptions, b.bills,
          CASE WHEN b.bills = 0 THEN 'Not billed' WHEN b.paid = b.bills THEN 'Paid' WHEN b.paid = 0 THEN 'Outstanding'
            ELSE 'Partly paid' END AS billing_state,
          b.first - v.visit_date AS days_to_first_bill, b.billed_amount, b.paid_amount,
          b.billed_amount - b.paid_amount AS outstanding_balance,
          CASE WHEN date_of_birth IS NOT NULL THEN least(90, ${AGE('v.visit_date')}) END AS age_at_visit, ${GROUP('v.visit_date')} AS age_group,
          count(*) OVER (PARTITION BY v.patient_id) AS patient_visits,
          (SELECT count(*) FROM prescriptions x WHERE x.patient_id = v.patient_id) AS patient_prescriptions,
          (SELECT count(*) FROM billing_payments x WHERE x.patient_id = v.patient_id) AS patient_bills
        FROM visits v JOIN doctors d USING (doctor_id) JOIN patients c USING (patient_id)
          LEFT JOIN priced_by_visit p USING (visit_id),
          LATERAL (SELECT count(*) AS bills, count(*) FILTER (WHERE payment_status = 'Paid') AS paid, min(billing_date) AS first,
            coalesce(sum(total_amount), 0.00) AS billed_amount,
            coalesce(sum(total_amount) FILTER (WHERE payment_status = 'Paid'), 0.00) AS paid_amount
            FROM billing_payments WHERE visit_id = v.visit_id) b
        WINDOW history AS (PARTITION BY v.patient_id ORDER BY v.visit_date, v.visit_id)`,
    },
    ...reportAnswers(today),
    'restricted.patient_register': {
      order: 'patient_id',
      sql: `SELECT patient_id, ${pseudonym('patient_id')} AS patient_pseudonym, full_name, date_of_birth, gender, blood_type,
          contact_info, insurance_id FROM patients`,
    },
  }
}

function reportAnswers(today: string): Record<string, Answer> {
  const visits = 'visits v JOIN doctors d USING (doctor_id) JOIN patients c USING (patient_id)'
  const sums = `count(*) AS visits, count(v.total_cost) AS visits_with_cost, coalesce(sum(v.total_cost), 0.00) AS revenue`
  const day = (of: string): string => `${of} AS day, ${MONTH(of)} AS month_start, ${DOCTOR}`
  return {
    diagnosis_distribution: {
      order: 'day, doctor_id, diagnosis',
      sql: `SELECT ${day('v.visit_date')}, coalesce(v.diagnosis, 'Unknown') AS diagnosis,
          split_part(v.diagnosis, ' ', 1) AS diagnosis_code,
          coalesce(substr(v.diagnosis, strpos(v.diagnosis, ' ') + 1), 'Unknown') AS diagnosis_name, ${sums}
        FROM ${visits} GROUP BY v.visit_date, d.doctor_id, v.diagnosis`,
    },
    revenue_by_month: {
      order: 'month_start, doctor_id',
      sql: `SELECT ${MONTH('v.visit_date')} AS month_start, ${DOCTOR}, count(*) AS visits, count(DISTINCT patient_id) AS unique_patients,
          count(v.total_cost) AS visits_with_cost, coalesce(sum(v.total_cost), 0.00) AS revenue, round(avg(v.total_cost), 2) AS average_visit_cost
        FROM ${visits} GROUP BY 1, d.doctor_id`,
    },
    revenue_by_doctor: {
      order: 'day, doctor_id',
      sql: `SELECT ${day('v.visit_date')}, ${sums}, count(*) FILTER (WHERE v.total_cost > 500) AS high_cost_visits
        FROM ${visits} GROUP BY v.visit_date, d.doctor_id`,
    },
    top_medicines: {
      order: 'day, doctor_id, medicine_id',
      sql: `SELECT ${day('p.day')}, p.medicine_id, p.medicine_name, coalesce(p.medicine_category, 'Unknown') AS category,
          count(*) AS prescriptions, count(*) - count(p.cost) AS unpriced_prescriptions, coalesce(sum(p.cost), 0.00) AS estimated_cost
        FROM priced p JOIN doctors d USING (doctor_id) GROUP BY p.day, d.doctor_id, p.medicine_id, p.medicine_name, p.medicine_category`,
    },
    payment_status: {
      order: 'day, doctor_id, payment_status',
      sql: `SELECT ${day('b.billing_date')}, b.payment_status, count(*) AS bills, sum(b.total_amount) AS amount,
          CASE b.payment_status WHEN 'Paid' THEN sum(b.total_amount) ELSE 0.00 END AS paid_amount,
          CASE b.payment_status WHEN 'Paid' THEN 0.00 ELSE sum(b.total_amount) END AS outstanding_amount
        FROM billing_payments b JOIN visits v USING (visit_id) JOIN doctors d USING (doctor_id)
        GROUP BY b.billing_date, d.doctor_id, b.payment_status`,
    },
    age_distribution: {
      order: 'day, doctor_id, age_from, age_group',
      sql: `SELECT x.*, ${BAND_NAME('age_from')} AS age_band FROM (
          SELECT ${day('v.visit_date')}, ${BAND('v.visit_date')} AS age_from, ${GROUP('v.visit_date')} AS age_group,
            count(*) AS visits, count(DISTINCT patient_id) AS unique_patients
          FROM ${visits} GROUP BY v.visit_date, d.doctor_id, 6, 7) x`,
    },
    patient_ages: {
      order: 'age_from, age_group',
      sql: `SELECT x.*, ${BAND_NAME('age_from')} AS age_band FROM (
          SELECT ${BAND(today)} AS age_from, ${GROUP(today)} AS age_group, count(*) AS patients FROM patients GROUP BY 1, 2) x`,
    },
    specializations: {
      order: 'specialization',
      sql: `SELECT specialization, count(*) AS doctors, count(*) FILTER (WHERE experience_years < 5) AS junior_doctors,
          count(*) FILTER (WHERE experience_years BETWEEN 5 AND 15) AS experienced_doctors,
          count(*) FILTER (WHERE experience_years > 15) AS senior_doctors,
          sum((SELECT count(*) FROM visits v WHERE v.doctor_id = d.doctor_id)) AS visits,
          coalesce(sum((SELECT sum(total_cost) FROM visits v WHERE v.doctor_id = d.doctor_id)), 0.00) AS revenue
        FROM doctors d GROUP BY 1`,
    },
    diagnosis_words: {
      order: 'diagnosis, word',
      sql: `SELECT diagnosis, word, count(DISTINCT visit_id) AS visits FROM visits, LATERAL (
          SELECT (regexp_matches(lower(substr(diagnosis, strpos(diagnosis, ' ') + 1) COLLATE pg_c_utf8), '[[:alpha:]]{3,}', 'g'))[1]) w(word)
        WHERE word <> ALL ('{and,are,for,from,into,not,nos,nec,other,out,over,the,their,unspecified,with,without,specified,elsewhere,classified,due,type,site}')
        GROUP BY 1, 2`,
    },
  }
}

/** What several answers are made of. */
export const PREPARATION = [
  'DROP TABLE IF EXISTS priced, priced_by_visit, priced_by_patient',
  `CREATE TABLE priced AS SELECT * FROM ${PRICED} x`,
  `CREATE TABLE priced_by_visit AS SELECT visit_id, count(*) AS n, sum(cost) AS total, count(*) - count(cost) AS open,
     string_agg(DISTINCT medicine_name, ', ' ORDER BY medicine_name) AS medicines FROM priced GROUP BY visit_id`,
  `CREATE TABLE priced_by_patient AS SELECT patient_id, count(*) AS n, sum(cost) AS total, count(*) - count(cost) AS open
     FROM priced GROUP BY patient_id`,
]
