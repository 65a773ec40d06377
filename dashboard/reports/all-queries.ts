import { healthQuery, lastRunsQuery } from '../health/marts.ts'
import { chartQueries, choiceQueries } from './charts.ts'
import type { Filters } from './filters.ts'
import type { Query } from './query.ts'
import { countQuery, readTableRequest, tableQuery, tables } from './tables.ts'

export interface NamedQuery {
  name: string
  query: Query
}

/** Nothing chosen, and everything. */
const CHOICES: Readonly<Record<string, Filters>> = {
  all: {},
  chosen: { from: '2026-01-01', to: '2026-12-31', department: 'Cardiology', doctor: '7' },
}

/** Every query that the page can send, by name: for checks of its SQL in another engine. */
export function allQueries(): NamedQuery[] {
  const found: NamedQuery[] = [
    ...Object.entries(choiceQueries).map(
      ([name, query]): NamedQuery => ({ name: `choices of ${name}`, query }),
    ),
    { name: 'health', query: healthQuery },
    { name: 'last runs', query: lastRunsQuery },
  ]
  for (const [choice, filters] of Object.entries(CHOICES)) {
    const { doctors, ...rest } = chartQueries
    for (const [name, make] of Object.entries(rest)) {
      found.push({ name: `${name}, ${choice}`, query: make(filters) })
    }
    for (const by of ['revenue', 'visits'] as const) {
      found.push({ name: `doctors by ${by}, ${choice}`, query: doctors(filters, by) })
    }
    for (const spec of Object.values(tables)) {
      for (const { name: sort } of spec.columns) {
        for (const order of ['asc', 'desc']) {
          const request = readTableRequest(spec, new URLSearchParams({ sort, order, search: 'a' }))
          const of = `${spec.name} by ${sort} ${order}, ${choice}`
          found.push({ name: of, query: tableQuery(spec, filters, request, 25) })
        }
      }
      const request = readTableRequest(spec, new URLSearchParams())
      found.push({ name: `count of ${spec.name}, ${choice}`, query: countQuery(spec, filters, request) })
    }
  }
  return found
}
