import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clickhouseHash } from '@pipeline/functions/clickhouse/hash.ts'
import { comparable, postgresHash, type SourceColumn } from '@pipeline/functions/reconcile/columns.ts'
import { batchOf } from '@pipeline/functions/testing/batches.ts'
import { type LocalClickHouse, startClickHouse } from '@pipeline/functions/testing/clickhouse.ts'
import { newSink } from '@pipeline/functions/testing/sinking.ts'
import { catalog } from '@pipeline/hospital/catalog.ts'
import type { ChangeRecord, Row } from '@pipeline/hospital/change.ts'
import { formatSequence } from '@pipeline/hospital/sequence.ts'
import { startTestPostgres, type TestDatabase, type TestPostgres } from '../producer/test-postgres.ts'

let postgres: TestPostgres
let database: TestDatabase
let engine: LocalClickHouse
before(async () => {
  ;[postgres, engine] = await Promise.all([startTestPostgres(), startClickHouse()])
  database = await postgres.createDatabase()
})
after(async () => {
  await Promise.all([postgres.stop(), engine.stop()])
})

const strange = `O'Brien "Bob" \\ \t\r\n\u2028 Łódź 患者 مريض 👩‍⚕️ {"a":1} /x ;-- \u0001 ~`
/** Columns that the catalog does not name, with values as PostgreSQL takes them and as Debezium sends them. */
const EXTRA: { name: string; type: string; values: [sql: string | null, sent: unknown][] }[] = [
  {
    name: 'x_text',
    type: 'text',
    values: [
      [strange, strange],
      ['', ''],
      [null, null],
      ['null', 'null'],
      ['é'.repeat(300_000), 'é'.repeat(300_000)],
    ],
  },
  {
    name: 'x "q" \\',
    type: 'varchar(50)',
    values: [
      ['"a"', '"a"'],
      ['[1]', '[1]'],
      ['1', '1'],
      [null, null],
      ['true', 'true'],
    ],
  },
  {
    name: 'x_small',
    type: 'int2',
    values: [
      ['-32768', -32768],
      ['0', 0],
      [null, null],
      ['32767', 32767],
      ['1', 1],
    ],
  },
  {
    name: 'x_big',
    type: 'int8',
    values: [
      ['9223372036854775807', JSON.rawJSON('9223372036854775807')],
      ['-9223372036854775808', JSON.rawJSON('-9223372036854775808')],
      [null, null],
      ['0', 0],
      ['9007199254740993', JSON.rawJSON('9007199254740993')],
    ],
  },
  {
    name: 'x_numeric',
    type: 'numeric',
    values: [
      ['NaN', 'NAN'],
      ['0.10', '0.10'],
      ['-123456789012345678901234567890.123456789', '-123456789012345678901234567890.123456789'],
      [null, null],
      ['5', '5'],
    ],
  },
  {
    name: 'x_bool',
    type: 'bool',
    values: [
      ['t', true],
      ['f', false],
      [null, null],
      ['t', true],
      ['f', false],
    ],
  },
  {
    name: 'x_date',
    type: 'date',
    values: [
      ['9999-12-31', '9999-12-31Z'],
      ['0001-01-01', '0001-01-01Z'],
      [null, null],
      ['2024-02-29', '2024-02-29Z'],
      ['1899-12-31', '1899-12-31Z'],
    ],
  },
  {
    name: 'x_tz',
    type: 'timestamptz',
    values: [
      ['1969-12-31 23:59:59.999999+00', '1969-12-31T23:59:59.999999Z'],
      ['2024-01-01 00:00:00+00', '2024-01-01T00:00:00Z'],
      [null, null],
      ['9999-12-31 23:59:59.5+00', '9999-12-31T23:59:59.5Z'],
      ['2024-01-01 00:00:00.12+00', '2024-01-01T00:00:00.120000Z'],
    ],
  },
  {
    name: 'x_uuid',
    type: 'uuid',
    values: [
      ['00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000001'],
      [null, null],
      [null, null],
      [null, null],
      [null, null],
    ],
  },
  {
    name: 'x_json',
    type: 'jsonb',
    values: [
      ['{"a": "b\\"/"}', '{"a": "b\\"/"}'],
      ['null', 'null'],
      [null, null],
      ['"s"', '"s"'],
      ['[1, 2]', '[1, 2]'],
    ],
  },
]

const NAMED: Record<string, (string | null)[]> = {
  bigint: ['9223372036854775806', '-9223372036854775808', '0', '9007199254740993', '7'],
  integer: ['2147483647', '-2147483648', null, '0', '1'],
  text: [strange, '', null, 'null', '1'],
  numeric: ['99999999.99', '-99999999.99', null, '0.00', '0.10'],
  date: ['9999-12-31', '0001-01-01', null, '2024-02-29', '1899-12-31'],
  timestamp: [
    '9999-12-31T23:59:59.999999Z',
    '0001-01-01T00:00:00.000001Z',
    '1969-12-31T23:59:59.900000Z',
    '2024-02-29T00:00:00.000000Z',
    '1900-01-01T00:00:00.100000Z',
  ],
}

for (const table of catalog) {
  test(`invariant 4: ClickHouse and PostgreSQL hash ${table.name} alike, with columns of types beside the catalog`, async () => {
    const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
    const given = table.columns.map((column, at) => ({
      name: column.name,
      type:
        column.type.kind === 'timestamp'
          ? 'timestamptz'
          : column.type.kind === 'numeric'
            ? 'numeric(10,2)'
            : column.type.kind,
      values: NAMED[column.type.kind]!.map((_, i, values): [string | null, unknown] => {
        const value = table.key.includes(column.name) ? String(i + at) : values[(i + at) % 5]!
        const number = column.type.kind === 'bigint' || column.type.kind === 'integer'
        return [value, number && value !== null ? JSON.rawJSON(value) : value]
      }),
    }))
    const all = [...given, ...EXTRA]
    const copy = quoted(`copy of ${table.name}`)
    await database.query(
      `CREATE TABLE ${copy} (${all.map(({ name, type }) => `${quoted(name)} ${type}`).join(', ')})`,
    )
    const changes: ChangeRecord[] = []
    for (let i = 0; i < 5; i++) {
      await database.query(
        `INSERT INTO ${copy} VALUES (${all.map((_, at) => `$${at + 1}`).join(', ')})`,
        all.map(({ values }) => values[i]![0]),
      )
      const row = Object.fromEntries(all.map(({ name, values }) => [name, values[i]![1]])) as Row
      const time = '2024-03-05T10:20:30.123Z'
      changes.push({
        ...{
          table: table.name,
          op: 'c',
          row,
          txId: 1,
          committedAt: time,
          capturedAt: time,
          partition: 0,
          offset: i,
        },
        key: Object.fromEntries(table.key.map((name) => [name, row[name]!])),
        sequence: formatSequence(BigInt(i), BigInt(i), 0),
        topic: `postgres-source.public.${table.name}`,
      })
    }
    const described = await database.query<SourceColumn & Record<string, unknown>>(
      `SELECT a.attname AS name, t.typname AS type FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
       WHERE a.attrelid = '${copy}'::regclass AND a.attnum > 0 ORDER BY a.attnum`,
    )
    const { compared, notCompared } = comparable(described)
    assert.deepEqual(notCompared, [])
    const expected = await database.query<{ hash: string }>(
      `SELECT ${postgresHash(compared)}::text AS hash FROM ${copy} ORDER BY ${table.key.map(quoted).join(', ')}`,
    )
    const sink = await newSink(engine)
    try {
      assert.equal(await sink.send(batchOf(changes)), 204)
      assert.equal(sink.deadLetters.messages.length, 0, sink.log.text())
      for (const column of compared) {
        const [one, other] = [postgresHash([column]), clickhouseHash(table.name, [column])]
        const there = await database.query<{ hash: string }>(
          `SELECT ${one}::text AS hash FROM ${copy} ORDER BY ${table.key.map(quoted).join(', ')}`,
        )
        const here = await sink.rows<{ hash: string }>(
          `SELECT ${other} AS hash FROM @.${table.name} FINAL ORDER BY ${table.key.join(', ')}`,
        )
        assert.deepEqual(
          here.map(({ hash }) => hash),
          there.map(({ hash }) => hash),
          column.name,
        )
      }
      const found = await sink.rows<{ hash: string }>(
        `SELECT ${clickhouseHash(table.name, compared)} AS hash FROM @.${table.name} FINAL ORDER BY ${table.key.join(', ')}`,
      )
      assert.deepEqual(
        found,
        expected.map(({ hash }) => ({ hash })),
      )
      assert.equal(new Set(found.map(({ hash }) => hash)).size, 5)
    } finally {
      await sink.stop()
    }
  })
}
