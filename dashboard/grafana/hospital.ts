import type { Board, Panel } from './panels.ts'

/** Everything counts for the visits of the chosen days, departments and doctors. */
const CHOSEN = `FROM hospital.visits_current AS v
LEFT JOIN hospital.doctors_current AS d ON d.doctor_id = v.doctor_id
WHERE $__dateFilter(v.visit_date_as_date)
  AND ifNull(d.specialization, 'Unknown') IN (\${department:singlequote})
  AND ifNull(d.name, 'Unknown') IN (\${doctor:singlequote})`
const VISITS = `SELECT v.visit_id FROM hospital.visits_current AS v
  LEFT JOIN hospital.doctors_current AS d ON d.doctor_id = v.doctor_id
  WHERE $__dateFilter(v.visit_date_as_date)
    AND ifNull(d.specialization, 'Unknown') IN (\${department:singlequote})
    AND ifNull(d.name, 'Unknown') IN (\${doctor:singlequote})`
const DOCTOR = `ifNull(d.name, 'Unknown')`
const MONTH = 'toStartOfMonth(v.visit_date_as_date)'

type Given = Omit<Panel, 'queries' | 'width' | 'height'> & Partial<Pick<Panel, 'width' | 'height'>>

function panel(given: Given, sql: string): Panel {
  return { width: 12, height: 9, ...given, queries: [{ store: 'clickhouse', sql }] }
}

const figure = (title: string, unit: string, description: string, sql: string): Panel =>
  panel({ title, description, type: 'stat', unit, width: 6, height: 4 }, sql)

const panels: readonly Panel[] = [
  figure('Visits', 'short', 'Visits of the chosen days', `SELECT count() AS visits ${CHOSEN}`),
  figure(
    'Revenue',
    'currencyUSD',
    'What these visits cost; a cost that is not known yet adds 0',
    `SELECT sum(ifNull(v.total_cost, 0)) AS revenue ${CHOSEN}`,
  ),
  figure(
    'Outstanding',
    'currencyUSD',
    'Bills of these visits that are Unpaid or Pending',
    `SELECT sumIf(b.total_amount, b.payment_status != 'Paid') AS outstanding
FROM hospital.billing_payments_current AS b WHERE b.visit_id IN (${VISITS})`,
  ),
  figure(
    'Patients',
    'short',
    'Patients who came, each once',
    `SELECT uniqExact(v.patient_id) AS patients ${CHOSEN}`,
  ),
  panel(
    {
      title: 'Revenue by month',
      description: 'What visits cost, by the month of the visit',
      type: 'barchart',
      unit: 'currencyUSD',
    },
    `SELECT formatDateTime(${MONTH}, '%Y-%m') AS month, sum(ifNull(v.total_cost, 0)) AS revenue
${CHOSEN} GROUP BY month ORDER BY month`,
  ),
  panel(
    {
      title: 'Visits and average cost by month',
      description: 'Visits, and the average over those whose cost is known',
      type: 'table',
      unit: 'short',
    },
    `SELECT formatDateTime(${MONTH}, '%Y-%m') AS month, count() AS visits,
  round(sum(v.total_cost) / nullIf(count(v.total_cost), 0), 2) AS average_cost
${CHOSEN} GROUP BY month ORDER BY month`,
  ),
  panel(
    {
      title: 'Revenue by doctor',
      description: 'The ten doctors with the highest revenue',
      type: 'barchart',
      unit: 'currencyUSD',
      horizontal: true,
    },
    `SELECT ${DOCTOR} AS doctor, sum(ifNull(v.total_cost, 0)) AS revenue
${CHOSEN} GROUP BY v.doctor_id, doctor ORDER BY revenue DESC, doctor LIMIT 10`,
  ),
  panel(
    {
      title: 'Top doctors by visits',
      description: 'The ten doctors with most visits',
      type: 'barchart',
      unit: 'short',
      horizontal: true,
    },
    `SELECT ${DOCTOR} AS doctor, count() AS visits
${CHOSEN} GROUP BY v.doctor_id, doctor ORDER BY visits DESC, doctor LIMIT 10`,
  ),
  panel(
    {
      title: 'Top Diagnoses',
      description: 'The fifteen most frequent diagnoses',
      type: 'barchart',
      unit: 'short',
      horizontal: true,
    },
    `SELECT v.diagnosis AS diagnosis, count() AS visits
${CHOSEN} AND v.diagnosis IS NOT NULL GROUP BY diagnosis ORDER BY visits DESC, diagnosis LIMIT 15`,
  ),
  panel(
    {
      title: 'Most Prescribed Medicines',
      description: 'The fifteen medicines prescribed most often at these visits',
      type: 'barchart',
      unit: 'short',
      horizontal: true,
    },
    `SELECT ifNull(m.name, 'Unknown') AS medicine, count() AS prescriptions
FROM hospital.prescriptions_current AS p
LEFT JOIN hospital.medicines_current AS m ON m.medicine_id = p.medicine_id
WHERE p.visit_id IN (${VISITS})
GROUP BY p.medicine_id, medicine ORDER BY prescriptions DESC, medicine LIMIT 15`,
  ),
  panel(
    {
      title: 'Payment status',
      description: 'Bills of these visits by status, in money',
      type: 'piechart',
      unit: 'currencyUSD',
    },
    `SELECT b.payment_status AS status, sum(b.total_amount) AS amount
FROM hospital.billing_payments_current AS b WHERE b.visit_id IN (${VISITS})
GROUP BY status ORDER BY status`,
  ),
  panel(
    {
      title: 'Patient ages',
      description: 'Patients who came, each once, by their age today; 90 and above together',
      type: 'barchart',
      unit: 'short',
    },
    `SELECT multiIf(isNull(p.date_of_birth_as_date), 'Unknown', years >= 90, '90+',
    concat(leftPad(toString(intDiv(years, 10) * 10), 2, '0'), '-', toString(intDiv(years, 10) * 10 + 9))) AS age,
  count() AS patients
FROM (SELECT *, age('year', ifNull(date_of_birth_as_date, toDate32('1970-01-01')), toDate32(today())) AS years
  FROM hospital.patients_current) AS p
WHERE p.patient_id IN (SELECT v.patient_id ${CHOSEN})
GROUP BY age ORDER BY age`,
  ),
  panel(
    { title: 'Specializations', description: 'Visits by department', type: 'piechart', unit: 'short' },
    `SELECT ifNull(d.specialization, 'Unknown') AS department, count() AS visits
${CHOSEN} GROUP BY department ORDER BY visits DESC, department`,
  ),
  panel(
    {
      title: 'Newest change, by table',
      description: 'When PostgreSQL committed the newest change that ClickHouse has, UTC',
      type: 'table',
      unit: 'short',
    },
    ['doctors', 'patients', 'medicines', 'visits', 'prescriptions', 'billing_payments']
      .map(
        (table) =>
          `SELECT '${table}' AS table_name, count() AS rows, max(_committed_at) AS newest_change FROM hospital.${table}_current`,
      )
      .join('\nUNION ALL '),
  ),
  panel(
    {
      title: 'Diagnoses of all time',
      description: 'From the rollup that clickhouse-sink keeps; the choices above do not apply',
      type: 'barchart',
      unit: 'short',
      horizontal: true,
    },
    'SELECT diagnosis, visits FROM hospital.top_diagnoses ORDER BY visits DESC, diagnosis LIMIT 15',
  ),
  panel(
    {
      title: 'Medicines of all time',
      description: 'From the rollup that clickhouse-sink keeps; the choices above do not apply',
      type: 'barchart',
      unit: 'short',
      horizontal: true,
    },
    `SELECT ifNull(name, 'Unknown') AS medicine, prescriptions FROM hospital.prescription_counts
ORDER BY prescriptions DESC, medicine LIMIT 15`,
  ),
]

/** The reference's charts, on ClickHouse: seconds behind PostgreSQL. */
export const hospitalBoard: Board = {
  uid: 'hospital',
  title: 'Hospital',
  description: 'Visits, revenue, diagnoses and medicines, live from ClickHouse',
  tags: ['hospital'],
  from: 'now-1y',
  refresh: '10s',
  variables: [
    {
      name: 'department',
      label: 'Department',
      sql: `SELECT DISTINCT ifNull(d.specialization, 'Unknown') AS department FROM hospital.visits_current AS v
LEFT JOIN hospital.doctors_current AS d ON d.doctor_id = v.doctor_id ORDER BY department`,
    },
    {
      name: 'doctor',
      label: 'Doctor',
      sql: `SELECT DISTINCT ifNull(d.name, 'Unknown') AS doctor FROM hospital.visits_current AS v
LEFT JOIN hospital.doctors_current AS d ON d.doctor_id = v.doctor_id
WHERE ifNull(d.specialization, 'Unknown') IN (\${department:singlequote}) ORDER BY doctor`,
    },
  ],
  panels,
}
