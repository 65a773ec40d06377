import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readRows } from '@pipeline/dataflow-templates/build.ts'
import type { Client } from 'pg'
import { root } from '../paths.ts'

/** The pairs that must be warned of as PostgreSQL has it now, worked out in SQL from the tables themselves. */
const QUERY = `
WITH interactions AS (
  SELECT each->>0 AS a, each->>1 AS b, array_position(ARRAY['moderate', 'major', 'contraindicated'], each->>2) AS rank
  FROM jsonb_array_elements($1::jsonb) AS each
), taken AS (
  SELECT prescription_id AS id, patient_id AS patient, prescribed_at AS since, lower(m.name) AS medicine,
    prescribed_at + make_interval(days => coalesce(
      substring(lower(duration) FROM '^\\s*0*([1-9][0-9]{0,4})\\s+(?:day|week|month)s?\\s*$')::int
        * CASE substring(lower(duration) FROM '(day|week|month)s?\\s*$') WHEN 'day' THEN 1 WHEN 'week' THEN 7 ELSE 30 END,
      30)) AS until
  FROM public.prescriptions JOIN public.medicines m USING (medicine_id)
  WHERE m.name !~* '\\m(cream|gel|ointment|lotion|ear drops|eye drops|nasal spray|shampoo)\\M'
), pairs AS (
  SELECT least(x.id, y.id) AS one, greatest(x.id, y.id) AS other, i.rank
  FROM interactions i
  JOIN taken x ON x.medicine ~ ('(^|[^a-z])' || i.a || '([^a-z]|$)')
  JOIN taken y ON y.medicine ~ ('(^|[^a-z])' || i.b || '([^a-z]|$)')
  WHERE x.patient = y.patient AND x.id <> y.id AND greatest(x.since, y.since) < least(x.until, y.until)
)
SELECT one || '-' || other AS pair, (ARRAY['moderate', 'major', 'contraindicated'])[max(rank)] AS severity
FROM pairs GROUP BY one, other ORDER BY one, other`

/** Severity by \`<prescription>-<prescription>\`, the lower id first. */
export async function expectedAlerts(client: Client): Promise<Map<string, string>> {
  const file = join(root, 'dataflow-templates', 'data', 'interactions.csv')
  const rows = readRows(readFileSync(file, 'utf8'))
  const result = await client.query<{ pair: string; severity: string }>(QUERY, [JSON.stringify(rows)])
  return new Map(result.rows.map(({ pair, severity }) => [pair, severity]))
}
