import { PipelineError } from '@pipeline/hospital/errors.ts'
import { z } from 'zod'
import type { Filters } from './filters.ts'
import { type Columns, chosen, type Kind, type Param, type Query } from './query.ts'
import { average } from './values.ts'

export interface TableColumn {
  name: string
  title: string
  kind: Kind
  /** Of a column that is computed exactly here: what to sort by instead, and its value. */
  derived?: { order: string; value: (row: Record<string, unknown>) => string | null }
}

/** A table that can be searched and sorted. */
export interface TableSpec {
  name: string
  columns: readonly TableColumn[]
  /** Columns that derived ones need. */
  hidden: Columns
  /** Columns that a search looks into, as texts. */
  searched: readonly string[]
  /** What it is sorted by unless asked otherwise; `key` makes the order whole. */
  first: { column: string; descending: boolean }
  key: string
  /** The rows under a choice, as a subquery. */
  rows(filters: Filters): { sql: string; params: Record<string, Param> }
}

const column = (name: string, title: string, kind: Kind): TableColumn => ({ name, title, kind })

const doctors: TableSpec = {
  name: 'doctors',
  columns: [
    column('doctor_name', 'Doctor', 'text'),
    column('specialization', 'Department', 'text'),
    column('experience_level', 'Experience', 'text'),
    column('visits', 'Visits', 'count'),
    column('patients', 'Patients', 'count'),
    column('revenue', 'Revenue', 'money'),
    {
      name: 'average_cost',
      title: 'Average cost',
      kind: 'money',
      derived: {
        order: 'revenue / nullif(visits_with_cost, 0)',
        value: ({ revenue, visits_with_cost }) => average(revenue as string, visits_with_cost as number),
      },
    },
    column('prescriptions', 'Prescriptions', 'count'),
    column('prescription_value', 'Value of prescriptions', 'money'),
  ],
  hidden: { visits_with_cost: 'count' },
  searched: ['doctor_name', 'specialization', 'experience_level'],
  first: { column: 'revenue', descending: true },
  key: 'doctor_id',
  rows(filters) {
    const facts = chosen(filters)
    const visits = chosen(filters, { day: 'visit_date' })
    const doctors = chosen(filters, { day: null })
    const sql = `select p.doctor_id, p.doctor_name, p.specialization, p.experience_level,
  coalesce(v.visits, 0) as visits, coalesce(j.patients, 0) as patients, coalesce(v.revenue, 0) as revenue,
  coalesce(v.visits_with_cost, 0) as visits_with_cost,
  coalesce(m.prescriptions, 0) as prescriptions, coalesce(m.cost, 0) as prescription_value
from (select * from {mart}doctor_performance where ${doctors.sql}) as p
left join (select doctor_id, sum(visits) as visits, sum(visits_with_cost) as visits_with_cost, sum(revenue) as revenue
  from {mart}revenue_by_doctor where ${facts.sql} group by doctor_id) as v on v.doctor_id = p.doctor_id
left join (select doctor_id, sum(prescriptions) as prescriptions, sum(estimated_cost) as cost
  from {mart}top_medicines where ${facts.sql} group by doctor_id) as m on m.doctor_id = p.doctor_id
left join (select doctor_id, count(distinct patient_pseudonym) as patients
  from {mart}patient_journey where visit_is_known and ${visits.sql} group by doctor_id) as j on j.doctor_id = p.doctor_id`
    return { sql, params: facts.params }
  },
}

const journey: TableSpec = {
  name: 'journey',
  columns: [
    column('visit_date', 'Day', 'date'),
    column('visit_id', 'Visit', 'text'),
    column('patient_pseudonym', 'Patient', 'text'),
    column('visit_number', 'Visit no.', 'count'),
    column('age_group', 'Age', 'text'),
    column('doctor_name', 'Doctor', 'text'),
    column('specialization', 'Department', 'text'),
    column('diagnosis', 'Diagnosis', 'text'),
    column('medicines', 'Medicines', 'text'),
    column('total_cost', 'Cost', 'money'),
    column('billed_amount', 'Billed', 'money'),
    column('outstanding_balance', 'Outstanding', 'money'),
    column('billing_state', 'Bill', 'text'),
  ],
  hidden: {},
  searched: ['patient_pseudonym', 'doctor_name', 'specialization', 'diagnosis', 'medicines', 'billing_state'],
  first: { column: 'visit_date', descending: true },
  key: 'visit_id',
  rows(filters) {
    const { sql, params } = chosen(filters, { day: 'visit_date' })
    return { sql: `select * from {mart}patient_journey where ${sql}`, params }
  },
}

export const tables: Readonly<Record<string, TableSpec>> = { doctors, journey }

export interface TableRequest {
  search: string
  sort: string
  descending: boolean
  page: number
}

/** Reads what is asked of a table. Throws REQUEST_INVALID. */
export function readTableRequest(spec: TableSpec, given: URLSearchParams): TableRequest {
  const schema = z.object({
    search: z.string().max(200).default(''),
    sort: z.enum(spec.columns.map(({ name }) => name)).default(spec.first.column),
    order: z.enum(['asc', 'desc']).optional(),
    page: z.coerce.number().int().min(1).max(1_000_000).default(1),
  })
  const names = ['search', 'sort', 'order', 'page'] as const
  const result = schema.safeParse(
    Object.fromEntries(names.flatMap((name) => (given.get(name) ? [[name, given.get(name)]] : []))),
  )
  if (!result.success) {
    const wrong = [...new Set(result.error.issues.map(({ path }) => path.join('.')))].join(', ')
    throw new PipelineError('REQUEST_INVALID', {
      expected: 'search, sort by a column, order asc or desc, page',
      wrong,
    })
  }
  const { search, sort, order, page } = result.data
  const descending =
    order === undefined ? sort === spec.first.column && spec.first.descending : order === 'desc'
  return { search: search.trim().toLowerCase(), sort, descending, page }
}

function found(spec: TableSpec, filters: Filters, search: string) {
  const { sql, params } = spec.rows(filters)
  if (search === '') return { sql: `(${sql}) as t`, params }
  const matches = spec.searched.map((name) => `strpos(lower(${name}), @search) > 0`).join(' or ')
  return {
    sql: `(${sql}) as t where ${matches}`,
    params: { ...params, search: { type: 'text', value: search } as const },
  }
}

/** The query for the rows of a table in their order; with `page` only those of a page of `size`. */
export function tableQuery(spec: TableSpec, filters: Filters, request: TableRequest, size?: number): Query {
  const { sql, params } = found(spec, filters, request.search)
  const direction = request.descending ? 'desc' : 'asc'
  const by = spec.columns.find(({ name }) => name === request.sort)?.derived?.order ?? request.sort
  const read = spec.columns.filter(({ derived }) => derived === undefined)
  const columns: Columns = {
    ...Object.fromEntries(read.map(({ name, kind }) => [name, kind])),
    ...spec.hidden,
  }
  const cut = size === undefined ? '' : ` limit ${size} offset ${(request.page - 1) * size}`
  return {
    sql: `select ${Object.keys(columns).join(', ')} from ${sql}
order by ${by} ${direction} nulls last, ${spec.key} ${direction}${cut}`,
    params,
    columns,
  }
}

/** How many rows a search finds. */
export function countQuery(spec: TableSpec, filters: Filters, request: TableRequest) {
  const { sql, params } = found(spec, filters, request.search)
  return { sql: `select count(*) as found from ${sql}`, params, columns: { found: 'count' } } as const
}

/** A row's values in the order of the table's columns. */
export function cellsOf(spec: TableSpec, row: Record<string, unknown>): (string | number | boolean | null)[] {
  return spec.columns.map(({ name, derived }) =>
    derived ? derived.value(row) : (row[name] as string | number | boolean | null),
  )
}
