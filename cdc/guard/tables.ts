import { SCHEMA } from '@pipeline/hospital/catalog.ts'
import type pg from 'pg'
import type { Shape } from './shape.ts'

export const PUBLICATION = 'hospital_changes'

/** The published tables of the captured schema and their shapes, by name. */
export async function publishedShapes(client: pg.ClientBase): Promise<Map<string, Shape>> {
  const { rows } = await client.query<{ name: string; shape: Shape }>(
    `SELECT c.relname AS name, jsonb_build_object(
       'wholeOldRow', c.relreplident = 'f',
       'columns', (SELECT coalesce(jsonb_agg(jsonb_build_object('number', a.attnum, 'name', a.attname,
           'type', format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum), '[]')
         FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)) AS shape
     FROM pg_publication_tables p
     JOIN pg_class c ON c.relname = p.tablename AND c.relnamespace = to_regnamespace(quote_ident(p.schemaname))
     WHERE p.pubname = $1 AND p.schemaname = $2 ORDER BY c.relname`,
    [PUBLICATION, SCHEMA],
  )
  return new Map(rows.map(({ name, shape }) => [name, shape]))
}

/** The shapes in which the tables were last read whole; empty before the first look. */
export async function knownShapes(client: pg.ClientBase): Promise<Map<string, Shape>> {
  const { rows } = await client.query<{ name: string; shape: Shape }>(
    'SELECT name, shape FROM pipeline.captured_tables',
  )
  return new Map(rows.map(({ name, shape }) => [name, shape]))
}

export async function rememberShape(client: pg.ClientBase, name: string, shape: Shape): Promise<void> {
  await client.query(
    `INSERT INTO pipeline.captured_tables (name, shape) VALUES ($1, $2)
     ON CONFLICT (name) DO UPDATE SET shape = excluded.shape, noticed_at = now()`,
    [name, JSON.stringify(shape)],
  )
}

export async function forgetTable(client: pg.ClientBase, name: string): Promise<void> {
  await client.query('DELETE FROM pipeline.captured_tables WHERE name = $1', [name])
}
