import { allQueries, type NamedQuery, trailQueries } from '@pipeline/dashboard/reports/all-queries.ts'
import { DATASETS } from '@pipeline/functions/manifest-parts.ts'
import { trailSql, trailViews } from '@pipeline/functions/warehouse/bigquery/trail.ts'
import { plainName } from './catalog.ts'
import type { Manifest } from './compile.ts'
import type { GoogleSql } from './googlesql/engine.ts'
import type { Finding } from './models.ts'

const TYPES = { text: 'STRING', date: 'DATE', bigint: 'INT64' } as const

/** Analyses every query that the page sends to BigQuery: over the marts as they were found to be, and the raw log. */
export function checkPage(sql: GoogleSql, { nodes }: Manifest): Finding[] {
  const mart = Object.values(nodes).find(({ name }) => name === 'revenue_by_doctor')
  if (!mart?.relation_name) return [{ name: 'page', error: 'the project has no mart revenue_by_doctor' }]
  const dataset = plainName(mart.relation_name).split('.').slice(0, -1)
  const prefix = `${dataset.map((part) => `\`${part}\``).join('.')}.`
  const views = new Map(trailViews.map((view) => [view.name, `(${trailSql(view, DATASETS.raw)})`]))
  const check = ({ name, query }: NamedQuery, text: string): Finding => {
    const parameters = Object.fromEntries(
      Object.entries(query.params).map(([parameter, { type }]) => [parameter, TYPES[type]]),
    )
    try {
      sql.analyze(text, parameters)
      return { name: `page: ${name}`, error: '' }
    } catch (error) {
      return { name: `page: ${name}`, error: (error as Error).message }
    }
  }
  return [
    ...allQueries().map((each) => check(each, each.query.sql.replaceAll('{mart}', prefix))),
    ...trailQueries().map((each) =>
      check(
        each,
        each.query.sql.replace(/\{mart\}(\w+)/g, (_, view: string) => views.get(view) ?? view),
      ),
    ),
  ]
}
