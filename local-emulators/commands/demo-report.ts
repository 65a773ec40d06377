import { catalog } from '@pipeline/hospital/catalog.ts'
import { plainTable } from '../table.ts'
import { readWarehouse } from '../warehouse-file.ts'

/** Marts with the order in which their first rows say something. */
const MARTS: Record<string, string> = {
  doctor_performance: 'total_revenue DESC',
  monthly_visit_stats: 'month_start DESC',
  patient_spending_analysis: 'total_visit_cost DESC',
  patient_journey: 'visit_date DESC, visit_id DESC',
}

export interface Delays {
  changes: number
  objects: number
  lakeP50: number
  lakeP95: number
  warehouseP50: number
  warehouseP95: number
}

/** Seconds from commit to lake object and to raw log, over all changes since then that were not a snapshot's. */
export async function measureDelays(warehouseFile: string, since = new Date(0)): Promise<Delays> {
  const changes = catalog
    .map(
      ({ name }) =>
        `SELECT topic, "partition", "offset", "committedAt", "loadedAt" FROM raw."${name}_changes"
         WHERE op <> 'r' AND "committedAt" >= '${since.toISOString()}'::TIMESTAMPTZ`,
    )
    .join(' UNION ALL ')
  return readWarehouse(warehouseFile, async (rows) => {
    const [row] = await rows(
      `WITH c AS (${changes}), d AS (
         SELECT epoch_ms(o."storedAt") - epoch_ms(c."committedAt") AS lake,
           epoch_ms(c."loadedAt") - epoch_ms(c."committedAt") AS warehouse
         FROM c JOIN (SELECT topic, "partition", "firstOffset", "lastOffset", min("storedAt") AS "storedAt"
           FROM raw.load_objects WHERE state = 'done' GROUP BY ALL) o
         ON c.topic = o.topic AND c."partition" = o."partition" AND c."offset" BETWEEN o."firstOffset" AND o."lastOffset")
       SELECT count(*)::INTEGER AS changes,
         (SELECT count(*)::INTEGER FROM raw.load_objects WHERE state = 'done') AS objects,
         quantile_cont(lake, 0.5) / 1000 AS "lakeP50", quantile_cont(lake, 0.95) / 1000 AS "lakeP95",
         quantile_cont(warehouse, 0.5) / 1000 AS "warehouseP50", quantile_cont(warehouse, 0.95) / 1000 AS "warehouseP95"
       FROM d`,
    )
    return row as unknown as Delays
  })
}

/** The first rows of each mart, as tables. */
export async function topOfMarts(warehouseFile: string, limit: number): Promise<string> {
  return readWarehouse(warehouseFile, async (rows) => {
    const parts: string[] = []
    for (const [mart, order] of Object.entries(MARTS)) {
      const found = await rows(`SELECT * FROM marts.${mart} ORDER BY ${order} LIMIT ${limit}`)
      const [count] = await rows(`SELECT count(*)::INTEGER AS n FROM marts.${mart}`)
      const columns = Object.keys(found[0] ?? {}).slice(0, 8)
      const table = plainTable(columns)
      for (const row of found) table.push(columns.map((column) => String(row[column] ?? '').slice(0, 28)))
      parts.push(`marts.${mart}, ${count!.n} rows`, table.toString())
    }
    return parts.join('\n')
  })
}

export interface Stage {
  name: string
  count: number
  unit: string
  seconds: number
}

/** Stages with what went through them and how fast. */
export function stagesTable(stages: readonly Stage[]): string {
  const table = plainTable(['stage', 'count', 'of', 'seconds', 'a second'])
  for (const { name, count, unit, seconds } of stages) {
    table.push([name, count, unit, seconds.toFixed(1), seconds > 0 ? Math.round(count / seconds) : '-'])
  }
  return table.toString()
}
