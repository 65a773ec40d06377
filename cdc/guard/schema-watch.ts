import { findTable } from '@pipeline/hospital/catalog.ts'
import type pg from 'pg'
import type { Logger } from 'pino'
import { shapeChanges } from './shape.ts'
import { askForSnapshot } from './signals.ts'
import { forgetTable, knownShapes, publishedShapes, rememberShape } from './tables.ts'

/**
 * Looks whether captured tables came, went or changed their shape since the last look, and has those read again whose
 * rows may differ without a change having said so. Shape and request are written in one transaction. Returns the
 * names of the tables that are read again.
 */
export async function watchSchema(client: pg.ClientBase, logger: Logger): Promise<string[]> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
  try {
    const reread = await compare(client, logger)
    await client.query('COMMIT')
    return reread
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw error
  }
}

async function compare(client: pg.ClientBase, logger: Logger): Promise<string[]> {
  const known = await knownShapes(client)
  const published = await publishedShapes(client)
  const reread: string[] = []
  for (const [table, shape] of published) {
    // Its changes are dead letters; it is read whole as soon as the catalog names it.
    if (!findTable(table)) continue
    const before = known.get(table)
    const changes = before ? shapeChanges(before, shape) : ['new']
    if (before && changes.length === 0 && before.wholeOldRow === shape.wholeOldRow) continue
    await rememberShape(client, table, shape)
    if (!shape.wholeOldRow) {
      logger.error({ table }, 'updates of this table may leave large columns out: set REPLICA IDENTITY FULL')
    }
    // The first look finds all tables new; Debezium's own first snapshot reads them.
    if (known.size === 0 || changes.length === 0) continue
    await askForSnapshot(client, { table })
    logger.warn({ table, changes: changes.join('; ') }, 'the table changed its shape and is read again')
    reread.push(table)
  }
  for (const table of known.keys()) {
    if (published.has(table)) continue
    await forgetTable(client, table)
    logger.error({ table }, 'the table is not published any more: its changes are not captured')
  }
  return reread
}
