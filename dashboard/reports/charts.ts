import type { Filters } from './filters.ts'
import { type Columns, chosen, type Query } from './query.ts'

export const TOP_DOCTORS = 10
export const TOP_NAMES = 15
export const TOP_WORDS = 60

function over<C extends Columns>(
  filters: Filters,
  columns: C,
  sql: (where: string) => string,
  day?: string | null,
): Query<C> {
  const where = chosen(filters, day === undefined ? {} : { day })
  return { sql: sql(where.sql), params: where.params, columns }
}

const VISITS = 'sum(visits) as visits, sum(visits_with_cost) as visits_with_cost, sum(revenue) as revenue'

/** What each chart and figure asks for, all under the same choice. */
export const chartQueries = {
  figures: (filters: Filters) =>
    over(
      filters,
      { visits: 'count', visits_with_cost: 'count', revenue: 'money' } as const,
      (where) => `select ${VISITS} from {mart}revenue_by_doctor where ${where}`,
    ),
  patients: (filters: Filters) =>
    over(
      filters,
      { patients: 'count' } as const,
      (where) =>
        `select count(distinct patient_pseudonym) as patients from {mart}patient_journey where visit_is_known and ${where}`,
      'visit_date',
    ),
  months: (filters: Filters) =>
    over(
      filters,
      { month: 'date', visits: 'count', visits_with_cost: 'count', revenue: 'money' } as const,
      (where) => `select month_start as month, ${VISITS} from {mart}revenue_by_doctor where ${where}
group by month_start order by month_start`,
    ),
  doctors: (filters: Filters, by: 'revenue' | 'visits') =>
    over(
      filters,
      { doctor_id: 'text', doctor: 'text', visits: 'count', revenue: 'money' } as const,
      (where) => `select doctor_id, max(doctor_name) as doctor, sum(visits) as visits, sum(revenue) as revenue
from {mart}revenue_by_doctor where ${where}
group by doctor_id order by ${by} desc, doctor_id limit ${TOP_DOCTORS}`,
    ),
  diagnoses: (filters: Filters) =>
    over(
      filters,
      { diagnosis: 'text', visits: 'count' } as const,
      (where) => `select diagnosis, sum(visits) as visits from {mart}diagnosis_distribution
where ${where} group by diagnosis order by visits desc, diagnosis nulls last limit ${TOP_NAMES}`,
    ),
  words: (filters: Filters) =>
    over(
      filters,
      { word: 'text', visits: 'count' } as const,
      (where) => `select w.word as word, sum(d.visits) as visits
from (select diagnosis, sum(visits) as visits from {mart}diagnosis_distribution where ${where} group by diagnosis) as d
join {mart}diagnosis_words as w on w.diagnosis = d.diagnosis
group by w.word order by visits desc, word limit ${TOP_WORDS}`,
    ),
  medicines: (filters: Filters) =>
    over(
      filters,
      { medicine: 'text', prescriptions: 'count', cost: 'money' } as const,
      (
        where,
      ) => `select max(medicine_name) as medicine, sum(prescriptions) as prescriptions, sum(estimated_cost) as cost
from {mart}top_medicines where ${where}
group by medicine_id order by prescriptions desc, medicine_id limit ${TOP_NAMES}`,
    ),
  payments: (filters: Filters) =>
    over(
      filters,
      { status: 'text', bills: 'count', amount: 'money', paid: 'money', outstanding: 'money' } as const,
      (where) => `select b.payment_status as status, sum(bills) as bills, sum(amount) as amount,
  sum(paid_amount) as paid, sum(outstanding_amount) as outstanding
from {mart}payment_status as b where ${where} group by b.payment_status order by status`,
    ),
  /** Each patient once, with the age at the latest visit of the choice. */
  ages: (filters: Filters) =>
    over(
      filters,
      { age_from: 'text', patients: 'count' } as const,
      (
        where,
      ) => `select case when age is null then -1 when age >= 90 then 90 else age - mod(age, 10) end as age_from,
  count(*) as patients
from (select patient_pseudonym, max(age_at_visit) as age from {mart}patient_journey
  where visit_is_known and ${where} group by patient_pseudonym) as patients
group by 1 order by 1`,
      'visit_date',
    ),
  departments: (filters: Filters) =>
    over(
      filters,
      { department: 'text', visits: 'count', revenue: 'money' } as const,
      (where) => `select specialization as department, sum(visits) as visits, sum(revenue) as revenue
from {mart}revenue_by_doctor where ${where} group by specialization order by visits desc, specialization`,
    ),
  /** Doctors of each specialization, whether or not they had visits in the chosen days. */
  specializations: (filters: Filters) =>
    over(
      filters,
      { department: 'text', doctors: 'count' } as const,
      (where) => `select specialization as department, count(*) as doctors
from {mart}doctor_performance where ${where} group by specialization order by doctors desc, specialization`,
      null,
    ),
} satisfies Record<string, (filters: Filters, by: never) => Query>

/** What there is to choose from, whatever is chosen. */
export const choiceQueries = {
  doctors: {
    sql: `select doctor_id, doctor_name as doctor, specialization as department from {mart}doctor_performance
order by doctor_name, doctor_id`,
    params: {},
    columns: { doctor_id: 'text', doctor: 'text', department: 'text' },
  },
  days: {
    sql: 'select min(day) as first, max(day) as last from {mart}revenue_by_doctor',
    params: {},
    columns: { first: 'date', last: 'date' },
  },
} as const satisfies Record<string, Query>
