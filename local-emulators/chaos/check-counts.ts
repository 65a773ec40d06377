import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { withClient } from '@pipeline/cdc/database.ts'
import { catalog, changeTopic } from '@pipeline/hospital/catalog.ts'
import type { StackFile } from '../stack-file.ts'
import { readWarehouse } from '../warehouse-file.ts'
import { type Ends, endsOf } from './kafka-ends.ts'

interface Counted {
  /** Records and different places in Kafka. */
  rows: number
  places: number
}

type ByTable = Map<string, Counted>

const COUNT = `count(*)::DOUBLE AS rows, count(DISTINCT (topic, "partition", "offset"))::DOUBLE AS places`

async function inRawLog(stack: StackFile): Promise<{ raw: ByTable; staged: Map<string, number> }> {
  return readWarehouse(stack.warehouseFile, async (rows) => {
    const raw: ByTable = new Map()
    const staged = new Map<string, number>()
    for (const { name } of catalog) {
      raw.set(name, (await rows(`SELECT ${COUNT} FROM raw.${name}_changes`))[0] as unknown as Counted)
      const [current] = await rows(`SELECT count(*)::DOUBLE AS n FROM staging.base_${name}`)
      staged.set(name, Number(current!.n))
    }
    return { raw, staged }
  })
}

/** Reads the lake's objects as files, with DuckDB and none of the pipeline's code. */
async function inLake(stack: StackFile): Promise<ByTable> {
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '512MB', threads: '2' })
  const connection = await instance.connect()
  try {
    const lake: ByTable = new Map()
    for (const { name } of catalog) {
      const files = join(stack.stateDir, 'gcs', stack.gcsBucket, 'changes', name, '*', '*.ndjson.gz')
      const found = await connection.runAndReadAll(`SELECT count(*)::INTEGER AS n FROM glob('${files}')`)
      if (found.getRowObjectsJson()[0]!.n === 0) {
        lake.set(name, { rows: 0, places: 0 })
        continue
      }
      const result = await connection.runAndReadAll(
        `SELECT ${COUNT} FROM read_json('${files}', format = 'newline_delimited', compression = 'gzip',
           columns = {topic: 'VARCHAR', "partition": 'INTEGER', "offset": 'BIGINT'}, maximum_object_size = 67108864)`,
      )
      lake.set(name, result.getRowObjectsJson()[0] as unknown as Counted)
    }
    return lake
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

async function inPostgres(stack: StackFile): Promise<Map<string, number>> {
  return withClient(stack.postgresUrl, async (client) => {
    const counts = new Map<string, number>()
    for (const { name } of catalog) {
      const { rows } = await client.query(`SELECT count(*)::integer AS n FROM public."${name}"`)
      counts.set(name, rows[0].n as number)
    }
    return counts
  })
}

async function inClickHouse(stack: StackFile): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const { name } of catalog) {
    const answer = await fetch(stack.clickhouseUrl, {
      method: 'POST',
      body: `SELECT count() FROM hospital.${name}_current FORMAT TabSeparated`,
    })
    if (!answer.ok) throw new Error(`ClickHouse answers ${answer.status} to a count`)
    counts.set(name, Number(await answer.text()))
  }
  return counts
}

function recorded(ends: Ends, table: string): number {
  const topic = `${changeTopic(table)}/`
  return [...ends].filter(([id]) => id.startsWith(topic)).reduce((sum, [, end]) => sum + end, 0)
}

export interface Counts {
  /** Changes that Kafka has, and rows in PostgreSQL. */
  changes: number
  rows: number
  /** Changes that lie in the lake more than once, in batches cut elsewhere: right, as long as the raw log has them once. */
  repeatedInLake: number
  problems: string[]
}

/** Counts what is where by plain queries: nothing lost, and nothing twice where once is due. Nothing may be on its way. */
export async function checkCounts(stack: StackFile): Promise<Counts> {
  const [{ raw, staged }, lake, postgres, clickhouse, ends] = await Promise.all([
    inRawLog(stack),
    inLake(stack),
    inPostgres(stack),
    inClickHouse(stack),
    endsOf(
      stack,
      catalog.map(({ name }) => changeTopic(name)),
    ),
  ])
  const counts: Counts = { changes: 0, rows: 0, repeatedInLake: 0, problems: [] }
  const expect = (what: string, is: number, due: number): void => {
    if (is !== due) counts.problems.push(`counts: ${what}: ${is}, and not ${due}`)
  }
  for (const { name } of catalog) {
    const changes = recorded(ends, name)
    const rows = postgres.get(name)!
    counts.changes += changes
    counts.rows += rows
    counts.repeatedInLake += lake.get(name)!.rows - lake.get(name)!.places
    expect(`different changes of ${name} in the lake`, lake.get(name)!.places, changes)
    expect(`different changes of ${name} in the raw log`, raw.get(name)!.places, changes)
    expect(`rows of ${name} in the raw log`, raw.get(name)!.rows, changes)
    expect(`staged rows of ${name}`, staged.get(name)!, rows)
    expect(`rows of ${name} in ClickHouse`, clickhouse.get(name)!, rows)
  }
  return counts
}
