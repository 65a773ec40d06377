import { textRows } from './raw-file.ts'

interface Aggregate {
  /** What is added up, in words. */
  what: string
  /** How the reference comes to it. */
  fault: string
  /** The number as the reference's way of joining gives it. */
  theirs: string
  ours: string
}

/** A duration as the reference reads it: a week that stands alone is no `weeks`, and so a number of days. */
const THEIR_DAYS = `cast(regexp_extract(duration, '(\\d+)', 1) AS BIGINT) *
  CASE WHEN duration LIKE '%weeks%' THEN 7 WHEN duration LIKE '%month%' THEN 30 ELSE 1 END`

/** The four aggregates that the reference has wrong, over the same current rows. */
export const AGGREGATES: readonly Aggregate[] = [
  {
    what: 'revenue of all doctors',
    fault: 'visits are joined to prescriptions by the doctor alone, then added up',
    theirs: `SELECT sum(v.total_cost) FROM staging.base_visits v LEFT JOIN staging.base_prescriptions p USING (doctor_id)`,
    ours: 'SELECT sum(total_revenue) FROM marts.doctor_performance',
  },
  {
    what: 'what all patients spent on visits',
    fault: 'visits, prescriptions and bills are joined by the patient alone, then added up',
    theirs: `SELECT sum(v.total_cost) FROM staging.base_visits v LEFT JOIN staging.base_prescriptions p USING (patient_id)
      LEFT JOIN staging.base_billing_payments b USING (patient_id)`,
    ours: 'SELECT sum(total_visit_cost) FROM marts.patient_spending_analysis',
  },
  {
    what: 'what is outstanding over all journeys',
    fault: 'a journey has a row for each prescription of the patient, and each has the whole bill',
    theirs: `SELECT sum(b.total_amount) FROM staging.base_visits v LEFT JOIN staging.base_prescriptions p USING (patient_id)
      JOIN staging.base_billing_payments b ON b.visit_id = v.visit_id WHERE b.payment_status <> 'Paid'`,
    ours: 'SELECT sum(outstanding_balance) FROM marts.patient_journey',
  },
  {
    what: 'value of all prescriptions',
    fault: '`1 week` is priced as one day',
    theirs: `SELECT sum(${THEIR_DAYS} * price_a_day) FROM intermediate.prescriptions_enhanced`,
    ours: 'SELECT sum(prescription_value) FROM marts.doctor_performance',
  },
]

/** The aggregates as lines of a table of Markdown. */
export async function referenceErrors(path: string): Promise<string[]> {
  const lines: string[] = []
  for (const { what, fault, theirs, ours } of AGGREGATES) {
    const value = async (sql: string): Promise<string> =>
      Object.values((await textRows(path, `SELECT (${sql})::DECIMAL(38, 2) AS n`))[0]!)[0]!
    const [a, b] = [await value(theirs), await value(ours)]
    const off = (Number(a) / Number(b)).toPrecision(4)
    lines.push(`| ${what} | ${fault} | ${a} | ${b} | ${off} times |`)
  }
  return lines
}
