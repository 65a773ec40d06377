import { catalog } from '@pipeline/hospital/catalog.ts'
import { martsUntil, newestChange, objectOfChange } from '../follow/trail.ts'
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

const SOME_PLACE = { kafka_topic: 'topic', kafka_partition: '0', kafka_offset: '0' }

/** Every query that the page can send to the marts, by name: for checks of its SQL in another engine. */
export function allQueries(): NamedQuery[] {
  const found: NamedQuery[] = [
    ...Object.entries(choiceQueries).map(
      ([name, query]): NamedQuery => ({ name: `choices of ${name}`, query }),
    ),
    { name: 'health', query: healthQuery },
    { name: 'last runs', query: lastRunsQuery },
    { name: 'what marts are built of', query: martsUntil('visits') },
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

/** Every query of who follows a change that reads the views over the raw log. */
export function trailQueries(): NamedQuery[] {
  return catalog.flatMap(({ name }) => [
    { name: `newest change of ${name}`, query: newestChange(name, '1', null) },
    { name: `newest change of ${name} of some days`, query: newestChange(name, '1', '2026-01-01') },
    { name: `object of a change of ${name}`, query: objectOfChange(name, SOME_PLACE) },
  ])
}
