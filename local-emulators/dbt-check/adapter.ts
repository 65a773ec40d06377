import { bigqueryVisible, bucketsSql, hasText, rowsSql } from '@pipeline/functions/reconcile/bigquery-sql.ts'
import type { Datasets } from '@pipeline/functions/warehouse/bigquery/ensure.ts'
import type { Jobs, Parameters } from '@pipeline/functions/warehouse/bigquery/jobs.ts'
import { Ledger } from '@pipeline/functions/warehouse/bigquery/ledger.ts'
import type { Pack } from '@pipeline/functions/warehouse/bigquery/pack.ts'
import {
  changesSpec,
  LEDGER,
  STAGED_FIELDS,
  type TableSpec,
} from '@pipeline/functions/warehouse/bigquery/schema.ts'
import { quoted } from '@pipeline/functions/warehouse/bigquery/sql.ts'
import { applySql, judgeSql, stagingName } from '@pipeline/functions/warehouse/bigquery/statements.ts'
import type { StagedObject } from '@pipeline/functions/warehouse/port.ts'
import { catalog, changeTopic } from '@pipeline/hospital/catalog.ts'
import { lakeName, parseLakeName } from '@pipeline/hospital/lake-names.ts'
import { specColumns } from './catalog.ts'
import type { GoogleSql } from './googlesql/engine.ts'
import type { Finding } from './models.ts'
import { analyseScript } from './script.ts'

const DATASETS: Datasets = { raw: 'raw', loads: 'raw_loads' }

interface AdapterStatement {
  name: string
  sql: string
  parameters?: Record<string, string>
}

/** The statement that makes a table as the adapter has BigQuery make it. */
function ddl(dataset: string, { name, metadata }: TableSpec): string {
  const { timePartitioning, clustering, schema } = metadata
  const fields = schema.fields.map(
    (field) => `\`${field.name}\` ${field.type}${field.mode === 'REQUIRED' ? ' NOT NULL' : ''}`,
  )
  const by = timePartitioning?.field ? ` PARTITION BY TIMESTAMP_TRUNC(${timePartitioning.field}, DAY)` : ''
  const cluster = clustering?.fields ? ` CLUSTER BY ${clustering.fields.join(', ')}` : ''
  return `CREATE TABLE ${quoted(dataset, name)} (${fields.join(', ')})${by}${cluster}`
}

function stagedObject(table: string, firstOffset: number, last = true): StagedObject {
  const parts = {
    table,
    day: '20260102',
    topic: changeTopic(table),
    partition: 0,
    firstOffset,
    lastOffset: firstOffset + 9,
  }
  const object = {
    name: lakeName(parts),
    generation: '17',
    size: 10,
    storedAt: '2026-01-02T00:00:00.000Z',
    md5: 'x',
    count: 10,
  }
  return {
    object,
    name: parseLakeName(object.name)!,
    file: '',
    rows: 10,
    bytes: 10,
    longestLine: 10,
    part: { id: 'a', last },
  }
}

function packs(table: string): Pack[] {
  const objects = [stagedObject(table, 0), stagedObject(table, 5, false)]
  const common = {
    table,
    loadId: "a 'quoted' load",
    objects,
    ranges: objects.map(({ name }) => name),
    done: 1,
  }
  return [
    { ...common, id: 'apart', overlapping: new Set<number>(), days: [] },
    {
      ...common,
      id: 'overlapping',
      overlapping: new Set([0, 1]),
      days: ['20260102', '20260103', '20260109'],
    },
  ]
}

const typeOf = (value: Parameters[string]): string =>
  Array.isArray(value) ? 'ARRAY<STRING>' : typeof value === 'number' ? 'INT64' : 'STRING'

/** Every statement of the ledger's methods, by having them run against jobs that only listen. */
async function ledgerStatements(): Promise<AdapterStatement[]> {
  const heard: AdapterStatement[] = []
  const jobs = {
    query(action: string, sql: string, params: Parameters = {}): Promise<unknown[]> {
      const parameters = Object.fromEntries(
        Object.entries(params).map(([name, value]) => [name, typeOf(value)]),
      )
      heard.push({ name: action, sql, parameters })
      return Promise.resolve(action.startsWith('count') ? [{ n: '1' }] : [])
    },
  }
  const ledger = new Ledger(jobs as unknown as Jobs, DATASETS)
  const { object, name } = stagedObject('visits', 0)
  const plan = { loadId: 'a', table: 'visits', objects: [object] }
  const calls: Record<string, () => Promise<unknown>> = {
    planned: async () => [await ledger.planned('visits'), await ledger.planned('visits', 'a')],
    unknown: () => ledger.unknown('visits', [object]),
    plan: () => ledger.plan('visits', [object]),
    markBroken: () => ledger.markBroken(plan, object, 'LAKE_OBJECT_BROKEN'),
    release: () => ledger.release(plan, object),
    retry: () => ledger.retry('visits', [object.name]),
    markLoaded: () => ledger.markLoaded(plan, object),
    loaded: () => ledger.loaded('visits', name),
    state: () => ledger.state(plan, [name]),
  }
  const methods = Object.entries(Object.getOwnPropertyDescriptors(Ledger.prototype))
    .filter(([method, { value }]) => typeof value === 'function' && method !== 'constructor')
    .map(([method]) => method)
  for (const method of methods) {
    const call = calls[method]
    if (!call) throw new Error(`the ledger's method ${method} is not known here`)
    await call()
  }
  return heard
}

function reconcileStatements(): AdapterStatement[] {
  const visible = bigqueryVisible(
    { xmax: 5_000_000_000n, running: [4_999_999_999n] },
    '2026-01-02T00:00:00.000Z',
  )
  const postgres: Record<string, string> = {
    bigint: 'int8',
    integer: 'int4',
    text: 'text',
    date: 'date',
    timestamp: 'timestamptz',
    boolean: 'bool',
    json: 'jsonb',
    numeric: 'numeric',
  }
  return catalog.flatMap(({ name, columns }) => {
    const all = columns.map((column) => ({ name: column.name, type: postgres[column.type.kind]! }))
    const known = all.filter(({ type }) => hasText(type))
    const log = quoted(DATASETS.raw, `${name}_changes`)
    return [
      {
        name: `buckets of ${name}`,
        sql: bucketsSql(log, known, { by: 'key', width: 1000n } as never, visible),
      },
      {
        name: `rows of ${name}`,
        sql: rowsSql(log, known, { by: 'hash' } as never, visible),
        parameters: { buckets: 'ARRAY<STRING>' },
      },
    ]
  })
}

/** Analyses what the BigQuery adapter of functions/warehouse and reconcile run: tables, ledger, loads, comparisons. */
export async function checkAdapter(sql: GoogleSql): Promise<Finding[]> {
  const specs = [LEDGER, ...catalog.map((table) => changesSpec(table, {}))]
  const statements: AdapterStatement[] = specs.map((spec) => ({
    name: `make ${spec.name}`,
    sql: ddl('made', spec),
  }))
  for (const spec of specs) sql.setTable(`${DATASETS.raw}.${spec.name}`, specColumns(spec))
  for (const { name } of catalog) {
    for (const pack of packs(name)) {
      const staged = STAGED_FIELDS.map((field) => ({ name: field.name!, type: field.type! }))
      sql.setTable(`${DATASETS.loads}.${stagingName(pack)}`, staged)
      statements.push({ name: `judge a load of ${name}, ${pack.id}`, sql: judgeSql(DATASETS, pack) })
      const rows = pack.objects.map(() => 10)
      statements.push({
        name: `apply a load of ${name}, ${pack.id}`,
        sql: applySql(DATASETS, pack, rows, 'job'),
      })
    }
  }
  statements.push(...(await ledgerStatements()), ...reconcileStatements())
  return statements.map(({ name, sql: text, parameters }) => {
    try {
      analyseScript(sql, text, parameters)
      return { name: `adapter: ${name}`, error: '' }
    } catch (error) {
      return { name: `adapter: ${name}`, error: (error as Error).message }
    }
  })
}
