import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { z } from 'zod'
import { boardFiles } from './generate.ts'
import { DATA_SOURCES } from './panels.ts'

const folder = join(import.meta.dirname, 'dashboards')
const read = (path: string): string => readFileSync(join(import.meta.dirname, path), 'utf8')

const source = z.union(
  Object.values(DATA_SOURCES).map(({ type, uid }) =>
    z.strictObject({ type: z.literal(type), uid: z.literal(uid) }),
  ),
)
const step = z.strictObject({
  color: z.enum(['green', 'yellow', 'red', 'blue']),
  value: z.number().nullable(),
})
const panel = z.strictObject({
  id: z.int().min(1),
  type: z.enum(['stat', 'timeseries', 'barchart', 'piechart', 'table']),
  title: z.string().min(1),
  description: z.string().min(1),
  datasource: source,
  gridPos: z.strictObject({
    x: z.int().min(0).max(23),
    y: z.int().min(0),
    w: z.int().min(1).max(24),
    h: z.int().min(1),
  }),
  fieldConfig: z.strictObject({
    defaults: z.strictObject({
      unit: z.enum(['short', 'currencyUSD', 's', 'bytes']),
      color: z.strictObject({ mode: z.enum(['thresholds', 'palette-classic']) }),
      thresholds: z.strictObject({ mode: z.literal('absolute'), steps: z.array(step).min(1) }),
    }),
    overrides: z.array(z.never()),
  }),
  options: z.record(z.string(), z.unknown()),
  targets: z.array(z.looseObject({ refId: z.string().regex(/^[A-Z]$/), datasource: source })).min(1),
})
/** What we use of Grafana's schema and no more; schema.test.ts holds the files against all of it. */
const dashboard = z.strictObject({
  uid: z.string().regex(/^[a-z-]{1,40}$/),
  title: z.string().min(1),
  description: z.string().min(1),
  tags: z.array(z.string()),
  schemaVersion: z.int().min(39),
  version: z.literal(1),
  editable: z.literal(false),
  graphTooltip: z.literal(1),
  fiscalYearStartMonth: z.literal(0),
  timezone: z.literal('utc'),
  time: z.strictObject({ from: z.string().regex(/^now-\d+[hdy]$/), to: z.literal('now') }),
  timepicker: z.strictObject({ refresh_intervals: z.array(z.string()) }),
  refresh: z.string(),
  annotations: z.strictObject({ list: z.array(z.never()) }),
  links: z.array(z.never()),
  templating: z.strictObject({
    list: z.array(z.looseObject({ type: z.literal('query'), name: z.string(), datasource: source })),
  }),
  panels: z.array(panel).min(1),
})

test('the files are what the generator makes, and no others lie there', () => {
  const made = boardFiles()
  assert.deepEqual(readdirSync(folder).sort(), Object.keys(made).sort())
  for (const [name, text] of Object.entries(made)) {
    const same = readFileSync(join(folder, name), 'utf8') === text
    assert.ok(same, `${name} is old: run node dashboard/grafana/generate.ts`)
  }
})

test('each board keeps to the schema; ids are used once and panels do not overlap', () => {
  for (const [name, text] of Object.entries(boardFiles())) {
    const result = dashboard.safeParse(JSON.parse(text))
    assert.ok(result.success, `${name}: ${result.error && z.prettifyError(result.error)}`)
    const { panels } = result.data
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length, name)
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
      assert.ok(x + w <= 24, name)
      return Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`)
    })
    assert.equal(new Set(cells).size, cells.length, `${name}: panels lie on each other`)
  }
})

test('boards and provisioned data sources name each other, and no password stands there', () => {
  const { datasources } = parse(read('provisioning/datasources/hospital.yaml'))
  assert.deepEqual(
    datasources.map(({ type, uid }: { type: string; uid: string }) => ({ type, uid })),
    Object.values(DATA_SOURCES),
  )
  const secrets = datasources.flatMap((each: { secureJsonData?: object }) =>
    Object.values(each.secureJsonData ?? {}),
  )
  assert.deepEqual(secrets, ['$__file{/run/hospital/clickhouse-grafana}'])
  assert.deepEqual(parse(read('provisioning/dashboards/hospital.yaml')).providers[0].options, {
    path: '/etc/grafana/dashboards',
  })
})
