import { allQueries } from '@pipeline/dashboard/reports/all-queries.ts'
import { plainName } from './catalog.ts'
import type { Manifest } from './compile.ts'
import type { GoogleSql } from './googlesql/engine.ts'
import type { Finding } from './models.ts'

const TYPES = { text: 'STRING', date: 'DATE', bigint: 'INT64' } as const

/** Analyses every query that the page of reports sends to BigQuery, over the marts as they were found to be. */
export function checkPage(sql: GoogleSql, { nodes }: Manifest): Finding[] {
  const mart = Object.values(nodes).find(({ name }) => name === 'revenue_by_doctor')
  if (!mart?.relation_name) return [{ name: 'page', error: 'the project has no mart revenue_by_doctor' }]
  const dataset = plainName(mart.relation_name).split('.').slice(0, -1)
  const prefix = `${dataset.map((part) => `\`${part}\``).join('.')}.`
  return allQueries().map(({ name, query }) => {
    const parameters = Object.fromEntries(
      Object.entries(query.params).map(([parameter, { type }]) => [parameter, TYPES[type]]),
    )
    try {
      sql.analyze(query.sql.replaceAll('{mart}', prefix), parameters)
      return { name: `page: ${name}`, error: '' }
    } catch (error) {
      return { name: `page: ${name}`, error: (error as Error).message }
    }
  })
}
