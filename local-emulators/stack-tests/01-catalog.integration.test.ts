import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withClient } from '@pipeline/cdc/database.ts'
import { catalog } from '@pipeline/hospital/catalog.ts'
import { sql, stack } from './the-stack.ts'

interface Described {
  table: string
  name: string
  type: string
  nullable: boolean
}

function typeOf(column: (typeof catalog)[number]['columns'][number]): string {
  const { type } = column
  if (type.kind === 'numeric') return `numeric(${type.precision},${type.scale})`
  return type.kind === 'timestamp' ? 'timestamp with time zone' : type.kind
}

test('the catalog is the migrated database: tables, columns, types, nullability, keys and references', async () => {
  const columns = await sql(async (client) => {
    const { rows } = await client.query<Described>(
      `SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
       ORDER BY c.relname, a.attnum`,
    )
    return rows
  })
  const wanted = [...catalog]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ name: table, columns: listed }) =>
      listed.map((column) => ({ table, name: column.name, type: typeOf(column), nullable: column.nullable })),
    )
  assert.deepEqual(columns, wanted)

  const constraints = await sql(async (client) => {
    const { rows } = await client.query<{ definition: string }>(
      `SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) AS definition FROM pg_constraint
       WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'f')`,
    )
    return rows.map(({ definition }) => definition)
  })
  const expected = catalog.flatMap(({ name: table, key, columns: listed }) => [
    `${table} PRIMARY KEY (${key.join(', ')})`,
    ...listed
      .filter(({ references }) => references)
      .map(({ name, references }) => {
        const parent = catalog.find((each) => each.name === references)!
        return `${table} FOREIGN KEY (${name}) REFERENCES ${references}(${parent.key.join(', ')}) ON UPDATE CASCADE`
      }),
  ])
  assert.deepEqual(constraints.sort(), expected.sort())
})

test('the publication has the tables of the catalog and the heartbeat, with whole old rows', async () => {
  const { rows } = await sql((client) =>
    client.query<{ table: string; identity: string }>(
      `SELECT p.schemaname || '.' || p.tablename AS table, c.relreplident AS identity
       FROM pg_publication_tables p JOIN pg_class c ON c.oid = (p.schemaname || '.' || p.tablename)::regclass
       WHERE pubname = 'hospital_changes'`,
    ),
  )
  const published = rows.map(({ table }) => table).sort()
  assert.deepEqual(
    published,
    [...catalog.map(({ name }) => `public.${name}`), 'pipeline.heartbeat', 'pipeline.signals'].sort(),
  )
  for (const { table, identity } of rows) {
    if (table.startsWith('public.')) assert.equal(identity, 'f', table)
  }
})

test('invariant 9: the reading role can read and nothing else', async () => {
  await withClient(stack.postgresReaderUrl, async (client) => {
    assert.ok((await client.query('SELECT count(*) FROM patients')).rows[0])
    for (const forbidden of [
      `INSERT INTO doctors (name, specialization) VALUES ('x', 'y')`,
      'UPDATE pipeline.heartbeat SET beat_at = now()',
      'DELETE FROM visits',
      'CREATE TABLE public.mine (id integer)',
      `SELECT pg_drop_replication_slot('hospital_changes')`,
    ]) {
      await assert.rejects(client.query(forbidden), /permission denied/, forbidden)
    }
  })
})

test('invariant 9: the capturing role is no superuser and writes only the heartbeat', async () => {
  const { rows } = await sql((client) =>
    client.query(
      `SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication,
         has_table_privilege('hospital_cdc', 'public.patients', 'INSERT, UPDATE, DELETE, TRUNCATE') AS writes,
         has_table_privilege('hospital_cdc', 'pipeline.heartbeat', 'UPDATE') AS beats
       FROM pg_roles WHERE rolname = 'hospital_cdc'`,
    ),
  )
  assert.deepEqual(rows, [
    {
      rolsuper: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolreplication: true,
      writes: false,
      beats: true,
    },
  ])
})
