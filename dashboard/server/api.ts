import { createHash } from 'node:crypto'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { type Context, Hono } from 'hono'
import type { Follower } from '../follow/steps.ts'
import type { HealthSource } from '../health/source.ts'
import { filtersKey, readFilters } from '../reports/filters.ts'
import { readChoices, readReport } from '../reports/report.ts'
import type { ReportStore } from '../reports/store.ts'
import {
  cellsOf,
  countQuery,
  readTableRequest,
  type TableSpec,
  tableQuery,
  tables,
} from '../reports/tables.ts'
import { AnswerCache } from './cache.ts'
import { line } from './csv.ts'

export interface ApiDeps {
  store: ReportStore
  health: HealthSource
  follower: Follower | undefined
}

const PAGE_ROWS = 25
const ANSWERS_KEPT = 300

function tableOf(name: string): TableSpec {
  const spec = tables[name]
  if (!spec)
    throw new PipelineError('REQUEST_INVALID', { expected: `a table: ${Object.keys(tables).join(', ')}` })
  return spec
}

/** What the page asks for, as JSON; tables also as CSV. */
export function apiRoutes({ store, health, follower }: ApiDeps): Hono {
  const api = new Hono()
  const answers = new AnswerCache<string>(ANSWERS_KEPT)

  /** An answer that stays the same until the marts are built anew; browsers are told so by its tag. */
  const cached = async (
    c: Context,
    key: string,
    make: (version: string) => Promise<object>,
  ): Promise<Response> => {
    const version = await store.version()
    if (version === undefined) throw new PipelineError('REPORTS_MISSING')
    const tag = `"${createHash('sha256').update(`${version} ${key}`).digest('hex').slice(0, 24)}"`
    c.header('ETag', tag)
    c.header('Cache-Control', 'private, no-cache')
    if (c.req.header('If-None-Match') === tag) return c.body(null, 304)
    const text = await answers.get(`${version} ${key}`, async () => JSON.stringify(await make(version)))
    c.header('Content-Type', 'application/json')
    return c.body(text)
  }
  const searchOf = (c: Context): URLSearchParams => new URL(c.req.url).searchParams

  api.get('/report', (c) => {
    const filters = readFilters(searchOf(c))
    return cached(c, `report ${filtersKey(filters)}`, async (version) => ({
      version,
      filters,
      report: await readReport(store, filters),
    }))
  })
  api.get('/choices', (c) => cached(c, 'choices', () => readChoices(store)))
  api.get('/tables/:name{[a-z]+}', (c) => {
    const spec = tableOf(c.req.param('name'))
    const [filters, request] = [readFilters(searchOf(c)), readTableRequest(spec, searchOf(c))]
    return cached(c, `${spec.name} ${filtersKey(filters)} ${JSON.stringify(request)}`, async () => {
      const [rows, found] = await Promise.all([
        store.rows(tableQuery(spec, filters, request, PAGE_ROWS)),
        store.rows(countQuery(spec, filters, request)),
      ])
      return {
        columns: spec.columns.map(({ name, title, kind }) => ({ name, title, kind })),
        rows: rows.map((row) => cellsOf(spec, row)),
        found: found[0]?.found ?? 0,
        page: request.page,
        pageRows: PAGE_ROWS,
        sort: request.sort,
        descending: request.descending,
      }
    })
  })
  api.get('/tables/:file{[a-z]+\\.csv}', async (c) => {
    const spec = tableOf(c.req.param('file').replace(/\.csv$/, ''))
    const query = tableQuery(spec, readFilters(searchOf(c)), readTableRequest(spec, searchOf(c)))
    const pages = store.pages(query)[Symbol.asyncIterator]()
    // Read before the answer begins, so that a failure is still an error of its own.
    let next = await pages.next()
    const encoder = new TextEncoder()
    const body = new ReadableStream<Uint8Array>({
      start: (stream) =>
        stream.enqueue(encoder.encode(`\uFEFF${line(spec.columns.map(({ title }) => title))}`)),
      async pull(stream) {
        if (next.done) return stream.close()
        stream.enqueue(encoder.encode(next.value.map((row) => line(cellsOf(spec, row))).join('')))
        next = await pages.next()
      },
      cancel: async () => void (await pages.return?.(undefined)),
    })
    c.header('Content-Type', 'text/csv; charset=utf-8')
    c.header('Content-Disposition', `attachment; filename="${spec.name}.csv"`)
    return c.body(body)
  })
  api.get('/health', async (c) => {
    const [seen, version] = await Promise.all([health.read(), store.version().catch(() => undefined)])
    c.header('Cache-Control', 'no-store')
    return c.json({ ...seen, version: version ?? null })
  })
  api.get('/follow/:table{[a-z_]+}', async (c) => {
    if (!follower) throw new PipelineError('FOLLOW_UNAVAILABLE', { reason: 'not set up here' })
    const found = await follower.follow(c.req.param('table'), c.req.query('key') ?? '')
    c.header('Cache-Control', 'no-store')
    return found ? c.json(found) : c.json({ found: false }, 404)
  })
  return api
}
