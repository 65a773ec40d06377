import type { Followed } from '../follow/steps.ts'
import type { Health } from '../health/health.ts'
import type { Choices, Report } from '../reports/report.ts'

/** Why a request has no answer: the code of the server's error, or none when there is no server. */
export class NoAnswer extends Error {
  readonly code: string
  readonly todo: string

  constructor(code: string, message: string, todo = '') {
    super(message)
    this.code = code
    this.todo = todo
  }
}

export interface TablePage {
  columns: { name: string; title: string; kind: string }[]
  rows: (string | number | boolean | null)[][]
  found: number
  page: number
  pageRows: number
  sort: string
  descending: boolean
}

async function get<T>(path: string): Promise<T> {
  let response: Response
  try {
    response = await fetch(path, { headers: { accept: 'application/json' } })
  } catch {
    throw new NoAnswer('', 'The server of this page does not answer.')
  }
  const body = await response.json().catch(() => ({}))
  if (response.ok) return body as T
  throw new NoAnswer(body.code ?? String(response.status), body.message ?? 'No answer.', body.todo ?? '')
}

const withSearch = (path: string, search: URLSearchParams): string =>
  search.size === 0 ? path : `${path}?${search}`

export const api = {
  report: (search: URLSearchParams) =>
    get<{ version: string; report: Report }>(withSearch('/api/report', search)),
  choices: () => get<Choices>('/api/choices'),
  health: () => get<Health & { version: string | null }>('/api/health'),
  table: (name: string, search: URLSearchParams) => get<TablePage>(withSearch(`/api/tables/${name}`, search)),
  csvPath: (name: string, search: URLSearchParams) => withSearch(`/api/tables/${name}.csv`, search),
  follow: (table: string, key: string) =>
    get<Followed>(`/api/follow/${table}?${new URLSearchParams({ key })}`),
}
