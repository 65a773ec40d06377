import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type ClickHouseClient, ClickHouseError, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { type LocalClickHouse, startClickHouse } from '@pipeline/functions/testing/clickhouse.ts'

/** Runs against the local engine, and against a real server when CLICKHOUSE_URL is set. */
const real = process.env.CLICKHOUSE_URL
const database = `conformance_${randomUUID().replaceAll('-', '')}`
let engine: LocalClickHouse | undefined
let url: string
let client: ClickHouseClient
const account = {
  log: { level: ClickHouseLogLevel.OFF },
  username: process.env.CLICKHOUSE_USER ?? 'default',
  password: process.env.CLICKHOUSE_PASSWORD ?? '',
}

before(async () => {
  if (real === undefined) engine = await startClickHouse()
  url = real ?? engine!.url
  client = createClient({ url, ...account, database, clickhouse_settings: { wait_end_of_query: 1 } })
  await createClient({ url, ...account }).command({ query: `CREATE DATABASE ${database}` })
  await client.command({
    query:
      'CREATE TABLE t (id Int64, text Nullable(String), at DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY id',
  })
})
after(async () => {
  await client.command({ query: `DROP DATABASE ${database}` })
  await client.close()
  await engine?.stop()
})

async function one<T>(query: string, params: Record<string, unknown> = {}, given = client): Promise<T[]> {
  const result = await given.query({ query, query_params: params, format: 'JSONEachRow' })
  return result.json<T>()
}

test('ping', async () => {
  assert.equal((await client.ping()).success, true)
  assert.equal(await (await fetch(`${url}/ping`)).text(), 'Ok.\n')
})

const strange = `O'Brien "Bob" \\ \t\r\n Łódź 患者 👩‍⚕️ {x:String} ;-- \\N`

test('parameters of a query are values, never SQL, and end with their request', async () => {
  const params = { s: strange, n: 7, list: ["a'b", 'c'], nothing: null, big: '9223372036854775807' }
  const rows = await one(
    'SELECT {s:String} AS s, {n:Int32} + 1 AS n, {list:Array(String)} AS list, {nothing:Nullable(String)} AS nothing, toString({big:Int64}) AS big',
    params,
  )
  assert.deepEqual(rows, [{ s: strange, n: 8, list: ["a'b", 'c'], nothing: null, big: params.big }])
  await assert.rejects(one('SELECT {s:String} AS s'), (error: unknown) => {
    assert.ok(error instanceof ClickHouseError)
    assert.equal(error.code, '456')
    return true
  })
})

test('settings hold for their own request', async () => {
  const query = `SELECT value FROM system.settings WHERE name = 'max_block_size'`
  const format = 'JSONEachRow' as const
  const set = await client.query({ query, format, clickhouse_settings: { max_block_size: '1234' } })
  assert.deepEqual(await set.json(), [{ value: '1234' }])
  assert.notDeepEqual(await one(query), [{ value: '1234' }])
  const unknown = { no_such_setting: 1 } as Record<string, number>
  await assert.rejects(
    client.query({ query, format, clickhouse_settings: unknown }),
    (error: unknown) => error instanceof ClickHouseError && error.code === '115',
  )
})

test('formats of the answer: of the query, of the request, and none', async () => {
  const of = async (query: string, more = '') =>
    (await fetch(`${url}/?query=${encodeURIComponent(query)}${more}`, { headers: authorization() })).text()
  assert.equal(await of('SELECT 1 AS a, 2 AS b'), '1\t2\n')
  assert.equal(await of('SELECT 1 AS a, 2 AS b FORMAT CSVWithNames'), '"a","b"\n1,2\n')
  assert.equal(await of('SELECT 1 AS a', '&default_format=JSONCompactEachRow'), '[1]\n')
  const json = await (await client.query({ query: 'SELECT 1 AS a', format: 'JSON' })).json()
  assert.deepEqual([json.data, json.rows], [[{ a: 1 }], 1])
})

function authorization(): Record<string, string> {
  return { 'X-ClickHouse-User': account.username, 'X-ClickHouse-Key': account.password }
}

test('inserts: an array, a stream, compressed, in columns, and text that looks like SQL', async () => {
  const texts = [strange, '', null, `'); DROP TABLE t; --`, '\u0001']
  const values = texts.map((text, id) => ({ id, text }))
  await client.insert({ table: 't', values, format: 'JSONEachRow' })
  await client.insert({
    table: 't',
    values: Readable.from(values.map(({ text }, id) => ({ id: id + 10, text }))),
    format: 'JSONEachRow',
  })
  const zipped = createClient({ url, ...account, database, compression: { request: true, response: true } })
  await zipped.insert({
    table: 't',
    columns: ['text', 'id'],
    values: texts.map((text, id) => [text, id + 20]),
    format: 'JSONCompactEachRow',
  })
  const raw = await fetch(
    `${url}/?database=${database}&query=${encodeURIComponent('INSERT INTO t (id, text) FORMAT CSV')}`,
    {
      method: 'POST',
      headers: { ...authorization(), 'content-encoding': 'gzip' },
      body: new Uint8Array(gzipSync('30,"a ""b"",\nc"\n')),
    },
  )
  assert.equal(raw.status, 200, await raw.text())
  const rows = await one<{ id: number; text: string | null }>(
    'SELECT toInt32(id) AS id, text FROM t ORDER BY id',
    {},
    zipped,
  )
  const expected = [0, 10, 20].flatMap((base) => texts.map((text, id) => ({ id: base + id, text })))
  assert.deepEqual(rows, [...expected, { id: 30, text: 'a "b",\nc' }])
  await zipped.close()
})

test('errors have ClickHouse’s own number, in header and body', async () => {
  for (const [query, code] of [
    ['SELEC 1', '62'],
    ['SELECT * FROM no_such_table', '60'],
    ['SELECT no_such_column FROM t', '47'],
    ['SELECT throwIf(1)', '395'],
  ] as const) {
    await assert.rejects(
      client.query({ query, format: 'JSONEachRow' }),
      (error: unknown) => error instanceof ClickHouseError && error.code === code,
      query,
    )
    const response = await fetch(`${url}/?database=${database}&query=${encodeURIComponent(query)}`, {
      headers: authorization(),
    })
    assert.ok(response.status >= 400)
    assert.equal(response.headers.get('x-clickhouse-exception-code'), code)
  }
  await assert.rejects(
    client.insert({ table: 't', values: [{ id: 'x' }], format: 'JSONEachRow' }),
    (error: unknown) => error instanceof ClickHouseError,
  )
})

test('a GET may not write', async () => {
  const query = encodeURIComponent(`INSERT INTO ${database}.t (id) VALUES (99)`)
  const response = await fetch(`${url}/?query=${query}`, { headers: authorization() })
  assert.equal(response.headers.get('x-clickhouse-exception-code'), '164')
})

test('an answer of many rows streams, and one that is left early holds nobody up', async () => {
  const result = await client.query({
    query: "SELECT number, repeat('x', 100) AS x FROM numbers(300000)",
    format: 'JSONEachRow',
  })
  let count = 0
  for await (const rows of result.stream()) count += rows.length
  assert.equal(count, 300_000)
  const left = await client.query({ query: 'SELECT number FROM numbers(50000000)', format: 'JSONEachRow' })
  for await (const _ of left.stream()) break
  assert.deepEqual(await one('SELECT 1 AS a'), [{ a: 1 }])
})

test('large bodies, and many requests at once', async () => {
  await client.command({ query: 'CREATE TABLE big (id Int64, text String) ENGINE = MergeTree ORDER BY id' })
  const text = 'é'.repeat(4 * 1024 * 1024)
  await client.insert({ table: 'big', values: [{ id: 1, text }], format: 'JSONEachRow' })
  await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      client.insert({
        table: 'big',
        values: Array.from({ length: 500 }, (_, i) => ({ id: 10 + at * 500 + i, text: 'y' })),
        format: 'JSONEachRow',
      }),
    ),
  )
  const counted = 'SELECT toInt32(count()) AS n, toInt32(max(length(text))) AS longest FROM big'
  assert.deepEqual(await one(counted), [{ n: 10_001, longest: 8 * 1024 * 1024 }])
})

test('what was answered is there after a crash', { skip: real !== undefined }, async () => {
  await client.command({ query: 'CREATE TABLE kept (id Int64) ENGINE = MergeTree ORDER BY id' })
  for (let id = 0; id < 20; id++) {
    await client.insert({ table: 'kept', values: [{ id }], format: 'JSONEachRow' })
  }
  const unanswered = Array.from({ length: 5 }, (_, i) =>
    client.insert({ table: 'kept', values: [{ id: 100 + i }], format: 'JSONEachRow' }).catch(() => undefined),
  )
  await engine!.kill()
  await Promise.all(unanswered)
  await engine!.start()
  assert.deepEqual(await one('SELECT toInt32(count()) AS n FROM kept WHERE id < 100'), [{ n: 20 }])
  await client.insert({ table: 'kept', values: [{ id: 20 }], format: 'JSONEachRow' })
  assert.deepEqual(await one('SELECT toInt32(max(id)) AS n FROM kept WHERE id < 100'), [{ n: 20 }])
})
