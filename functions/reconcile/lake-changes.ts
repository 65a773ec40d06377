import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { changesPrefix, coveredBy, parseLakeName } from '@pipeline/hospital/lake-names.ts'
import type { Lake, LakeObject } from '../lake/port.ts'
import { isCompactedName, readCompacted } from '../loader/compacted.ts'
import { stageObject } from '../loader/stage.ts'
import { literal } from '../quoting.ts'
import type { Database } from '../warehouse/duckdb-file.ts'
import { limitBytes, setMemory } from '../warehouse/memory.ts'
import type { StagedObject } from '../warehouse/port.ts'
import type { SourceColumn } from './columns.ts'
import { createChanges, hashedChanges } from './fold.ts'

const MOST_ROUNDS = 5
const GROUP_OBJECTS = 200
const GROUP_BYTES = 32 * 1024 * 1024
const LINE_BYTES = 16 * 1024 * 1024
/** Two threads may each hold a row's text, its values and what is hashed of them. */
const MEMORY_PER_LINE = 24
const STAGED_COLUMNS = `{op: 'VARCHAR', "row": 'VARCHAR', row_key: 'VARCHAR', sequence: 'VARCHAR', "txId": 'BIGINT', "committedAt": 'VARCHAR', "partition": 'INTEGER', "offset": 'BIGINT'}`

/** All objects of a table in the lake, and offsets of those with a batch's name. */
export async function listChanges(lake: Lake, table: string): Promise<LakeObject[]> {
  const objects: LakeObject[] = []
  for await (const page of lake.list(changesPrefix(table))) {
    objects.push(...page.filter(({ name, size }) => !(name.endsWith('/') && size === 0)))
  }
  return objects
}

/**
 * Reads a table's objects, checks each as a load does, and keeps keys, sequences and hashes in `into`.
 * Returns the names of those that are broken. Disk and memory are bounded by a group's size.
 */
export async function readLake(
  db: Database,
  lake: Lake,
  objects: readonly LakeObject[],
  columns: readonly SourceColumn[],
  into: string,
  tempRoot: string,
  memoryLimit: string,
): Promise<string[]> {
  await createChanges(db, into)
  const broken: string[] = []
  const seen = new Set<string>()
  let longestLine = 0
  // A change of its size is in every store, so the room is left to those that are read after the lake.
  const takeWithRoom = async (staged: readonly StagedObject[]): Promise<void> => {
    for (const each of staged) longestLine = Math.max(longestLine, each.longestLine)
    await setMemory(db, limitBytes(memoryLimit) + MEMORY_PER_LINE * longestLine)
    await take(db, staged, columns, into)
  }
  // What compaction replaces meanwhile is in objects that were not listed yet.
  for (let todo = objects, rounds = 0; todo.length > 0; rounds++) {
    for (const { name, generation } of todo) seen.add(`${name}#${generation}`)
    const replaced = await readObjects(lake, todo, tempRoot, broken, takeWithRoom)
    if (!replaced) break
    if (rounds >= MOST_ROUNDS)
      throw new PipelineError('LAKE_UNAVAILABLE', {
        action: 'read',
        reason: 'objects are replaced all the time',
      })
    const table = objects.map(({ name }) => parseLakeName(name)?.table).find((each) => each !== undefined)!
    todo = (await listChanges(lake, table)).filter(
      ({ name, generation }) => !seen.has(`${name}#${generation}`),
    )
  }
  return broken
}

/** Reads some objects; gives whether others took the place of some of them. */
async function readObjects(
  lake: Lake,
  objects: readonly LakeObject[],
  tempRoot: string,
  broken: string[],
  take: (staged: readonly StagedObject[]) => Promise<void>,
): Promise<boolean> {
  let replaced = false
  const settle = ({ outcome }: { outcome: string }, { name }: LakeObject) => {
    if (outcome === 'broken') broken.push(name)
    if (outcome === 'superseded') replaced = true
  }
  for (const object of objects.filter(isCompactedName)) {
    const options = { tempRoot, partBytes: GROUP_BYTES, without: async () => [] }
    const read = await readCompacted(lake, object, options, async (part) => {
      await take([part])
      return true
    })
    settle(read, object)
  }
  for (const group of groups(objects.filter((object) => !isCompactedName(object)))) {
    const folder = await mkdtemp(join(tempRoot, 'reconcile-'))
    try {
      const staged: StagedObject[] = []
      for (const [index, object] of group.entries()) {
        const staging = await stageObject(lake, object, join(folder, `${index}.ndjson`))
        if (staging.outcome === 'staged') staged.push(staging.staged)
        else settle(staging, object)
      }
      if (staged.length > 0) await take(staged)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
  return replaced
}

async function take(
  db: Database,
  staged: readonly StagedObject[],
  columns: readonly SourceColumn[],
  into: string,
): Promise<void> {
  const files = staged.map(({ file }) => literal(file)).join(', ')
  const longest = Math.max(LINE_BYTES, ...staged.map(({ longestLine }) => longestLine + 1024))
  const source = `read_json([${files}], format = 'newline_delimited', columns = ${STAGED_COLUMNS}, maximum_object_size = ${longest})`
  await db.run(`INSERT INTO ${into} ${hashedChanges(source, columns, 'NULL::TIMESTAMPTZ')}`)
}

function* groups(objects: readonly LakeObject[]): Generator<LakeObject[]> {
  let group: LakeObject[] = []
  let bytes = 0
  for (const object of objects) {
    if (group.length > 0 && (group.length >= GROUP_OBJECTS || bytes + object.size > GROUP_BYTES)) {
      yield group
      group = []
      bytes = 0
    }
    group.push(object)
    bytes += object.size
  }
  if (group.length > 0) yield group
}

/** Offsets that objects cover, by `topic/partition`. */
export function coverage(names: readonly string[]): Map<string, { first: number; last: number }[]> {
  const covered = new Map<string, { first: number; last: number }[]>()
  for (const name of names) {
    const parsed = parseLakeName(name)
    if (!parsed) continue
    const id = `${parsed.topic}/${parsed.partition}`
    const ranges = covered.get(id) ?? []
    ranges.push(...coveredBy(parsed))
    covered.set(id, ranges)
  }
  return covered
}
