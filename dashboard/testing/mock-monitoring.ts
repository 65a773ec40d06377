import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Series {
  name: string
  labels: Record<string, string>
  /** Seconds before now, and the value then; the newest first. */
  points: readonly (readonly [ago: number, value: number])[]
}

/** What a window of points says: as Prometheus has it, a counter that goes down has started again from 0. */
const FUNCTIONS: Record<string, (points: Series['points']) => number | undefined> = {
  last_over_time: ([last]) => last?.[1],
  rate: (points) => {
    if (points.length < 2) return undefined
    const values = points.map(([, value]) => value).reverse()
    const grown = values
      .slice(1)
      .reduce((sum, value, at) => sum + (value < values[at]! ? value : value - values[at]!), 0)
    return grown / (points.at(-1)![0] - points[0]![0])
  },
  deriv: (points) => {
    const [last, first] = [points[0], points.at(-1)]
    return last && first && last !== first ? (last[1] - first[1]) / (first[0] - last[0]) : undefined
  },
}
const TOGETHER: Record<string, (values: number[]) => number> = {
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
}
type Vector = { labels: Record<string, string>; value: number }[]

function evaluate(query: string, series: readonly Series[]): Vector {
  const scaled = /^(.+) \* 60$/s.exec(query)
  if (scaled) return evaluate(scaled[1]!, series).map(({ labels, value }) => ({ labels, value: value * 60 }))
  const group = /^(min|max|sum)(?: by \(([\w, ]+)\) )?\((.+)\)$/s.exec(query)
  if (group) {
    const by = group[2]?.split(', ') ?? []
    const groups = new Map<string, { labels: Record<string, string>; values: number[] }>()
    for (const { labels, value } of evaluate(group[3]!, series)) {
      const kept = Object.fromEntries(by.map((name) => [name, labels[name]!]))
      const known = groups.get(JSON.stringify(kept)) ?? { labels: kept, values: [] }
      groups.set(JSON.stringify(kept), known)
      known.values.push(value)
    }
    return [...groups.values()].map(({ labels, values }) => ({
      labels,
      value: TOGETHER[group[1]!]!(values),
    }))
  }
  const [, of, name, matchers, minutes] = /^(\w+)\(([\w:]+)\{(.*)\}\[(\d+)m\]\)$/s.exec(query) ?? []
  if (!FUNCTIONS[of ?? '']) throw new SyntaxError(query)
  const wanted = [...matchers!.matchAll(/(\w+)(=~?)"([^"]*)"/g)]
  return series
    .filter((each) => each.name === name)
    .filter(({ labels }) =>
      wanted.every(([, label, sign, text]) =>
        sign === '=' ? labels[label!] === text : new RegExp(`^(?:${text})$`).test(labels[label!] ?? ''),
      ),
    )
    .flatMap(({ labels, points }) => {
      const value = FUNCTIONS[of!]!(points.filter(([ago]) => ago < Number(minutes) * 60))
      return value === undefined ? [] : [{ labels, value }]
    })
}

/**
 * A mock of Cloud Monitoring's answers to PromQL: of the language what the page asks with, over series that a test
 * gives; anything else is a 400, as of a query that is wrong.
 */
export async function startMockMonitoring(series: readonly Series[] = []) {
  const mock = {
    url: '',
    series,
    asked: [] as { query: string; authorization: string | undefined }[],
    /** Statuses of the next answers; a query is answered when there are none. */
    failures: [] as number[],
    stop: async () => {},
  }
  const server = createServer((request, response) => {
    const query = new URL(request.url!, 'http://mock').searchParams.get('query') ?? ''
    mock.asked.push({ query, authorization: request.headers.authorization })
    const send = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    const failure = mock.failures.shift()
    if (failure !== undefined)
      return send(failure, { error: { code: failure, message: 'value Erika Mustermann' } })
    try {
      const result = evaluate(query, mock.series).map(({ labels, value }) => ({
        metric: labels,
        value: [Date.now() / 1000, String(value)],
      }))
      send(200, { status: 'success', data: { resultType: 'vector', result } })
    } catch {
      send(400, { status: 'error', errorType: 'bad_data', error: 'parse error' })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  mock.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/query`
  mock.stop = () => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(() => resolve()))
  }
  return mock
}
