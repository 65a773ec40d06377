import type { LakeObject } from '../lake/port.ts'
import { exportPrefix, manifestName } from './names.ts'
import { type ExportRecord, manifestOf, type TableExport } from './record.ts'
import { type ExportStore, readManifest } from './store.ts'

/** Names that a manifest lists; none for one that can't be read, which is about to be written anew. */
function listed(manifest: string | undefined): string[] {
  if (manifest === undefined) return []
  try {
    const { parts = [], refused = [] } = JSON.parse(manifest) as Partial<TableExport>
    return [...parts, ...refused].map(({ name }) => name)
  } catch {
    return []
  }
}

async function removeBut(
  store: ExportStore,
  objects: readonly LakeObject[],
  keep: ReadonlySet<string>,
): Promise<LakeObject[]> {
  const kept: LakeObject[] = []
  for (const object of objects) {
    if (keep.has(object.name)) kept.push(object)
    else await store.remove(object)
  }
  return kept
}

/**
 * Brings a day's folders in line with its record, whatever a crash left: first goes what no manifest lists, then the
 * manifest comes, then goes what only the manifest before it listed. So a folder with a manifest always has its parts.
 */
export async function finish(store: ExportStore, record: ExportRecord): Promise<void> {
  await Promise.all(record.tables.map((table) => finishTable(store, record, table)))
}

async function finishTable(store: ExportStore, record: ExportRecord, table: TableExport): Promise<void> {
  const name = manifestName(table.table, record.day)
  const objects: LakeObject[] = []
  for await (const page of store.list(exportPrefix(table.table, record.day))) objects.push(...page)
  const before = objects.some((each) => each.name === name) ? await readManifest(store, name) : undefined
  const wanted = manifestOf(record, table)
  const own = new Set([name, ...[...table.parts, ...table.refused].map((each) => each.name)])
  const kept = await removeBut(store, objects, new Set([...own, ...listed(before)]))
  if (before !== wanted) await store.put(name, Buffer.from(wanted), 'application/json')
  await removeBut(store, kept, own)
}
