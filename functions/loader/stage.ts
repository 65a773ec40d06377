import { type FileHandle, open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { findTable } from '@pipeline/hospital/catalog.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { parseLakeName } from '@pipeline/hospital/lake-names.ts'
import { BatchChecker, type BatchClaim, BatchFault, type CheckedChange } from '../batch/check.ts'
import type { LineTexts } from '../batch/fast-line.ts'
import { gunzipLines } from '../batch/lines.ts'
import { memberTexts, rowKeyOfText } from '../batch/slices.ts'
import { isCompacted } from '../lake/compacted.ts'
import type { Lake, LakeObject } from '../lake/port.ts'
import type { StagedObject } from '../warehouse/port.ts'

/** What became of an object on its way to the warehouse. */
export type Staging =
  | { outcome: 'staged'; staged: StagedObject }
  | { outcome: 'broken'; object: LakeObject; error: PipelineError }
  /** Its generation is gone, and another is there. */
  | { outcome: 'superseded'; object: LakeObject }

/** One change as the warehouse takes it: see StagedObject. */
export function stagedLine(
  line: string,
  change: CheckedChange,
  claim: BatchClaim,
  key: readonly string[],
): string {
  const { op, sequence, txId, committedAt, capturedAt, offset } = change
  if (change.texts) return fastStagedLine(change.texts, claim)
  const texts = memberTexts(line)
  const keyText = change.keyed ? texts.get('key')! : null
  const rowText = op === 'd' || op === 't' ? null : texts.get('row')!
  return JSON.stringify({
    op,
    key: keyText,
    row: rowText,
    row_key: keyText === null ? null : rowKeyOfText(keyText, key),
    sequence,
    txId,
    committedAt,
    capturedAt,
    topic: claim.topic,
    partition: claim.partition,
    offset,
  })
}

/** Only row and key need quoting: the rest of the relay's own layout has no character that JSON would escape. */
function fastStagedLine(texts: LineTexts, { topic, partition }: BatchClaim): string {
  const { op, key, row, rowKey, sequence, txId, committedAt, capturedAt, offset } = texts
  const rowText = row === null ? 'null' : JSON.stringify(row)
  return (
    `{"op":"${op}","key":${JSON.stringify(key)},"row":${rowText},"row_key":"${rowKey}","sequence":"${sequence}",` +
    `"txId":${txId},"committedAt":"${committedAt}","capturedAt":"${capturedAt}","topic":"${topic}",` +
    `"partition":${partition},"offset":${offset}}`
  )
}

interface Written {
  rows: number
  bytes: number
  longestLine: number
}

async function writeLines(
  source: Readable,
  claim: BatchClaim,
  file: FileHandle,
  options: { parsesRows?: boolean },
): Promise<Written> {
  const checker = new BatchChecker(claim, options)
  const key = findTable(claim.table)?.key ?? []
  let longestLine = 0
  let written = 0
  for await (const lines of gunzipLines(source)) {
    let text = ''
    for (const line of lines) {
      const staged = `${stagedLine(line, checker.line(line), claim, key)}\n`
      // At most three bytes come of one of JavaScript's characters.
      if (staged.length * 3 > longestLine) longestLine = Math.max(longestLine, Buffer.byteLength(staged))
      text += staged
    }
    const bytes = Buffer.from(text)
    written += bytes.length
    await file.write(bytes)
  }
  checker.end()
  return { rows: checker.lines, bytes: written, longestLine }
}

/** An object that holds something else than its name says. */
export function broken(object: LakeObject, reason: string): Staging {
  const { name, generation } = object
  const error = new PipelineError('LAKE_OBJECT_BROKEN', { object: name, generation, reason })
  return { outcome: 'broken', object, error }
}

/** What became of an object whose generation is gone: another took its place, under its name or as a part of a larger one. */
export async function goneObject(lake: Lake, object: LakeObject): Promise<Staging> {
  const there = await lake.head(object.name)
  if (there !== undefined && there.generation === object.generation)
    throw new PipelineError('LAKE_UNAVAILABLE', { action: 'read', object: object.name })
  if (there !== undefined || (await isCompacted(lake, object.name))) return { outcome: 'superseded', object }
  return broken(object, 'it is gone')
}

/**
 * Reads one generation of an object, checks it whole against its name and count, and writes it to `path` for the
 * warehouse. With `parsesRows: false` it is left to the warehouse to find a row that is not JSON. Throws only what a
 * later attempt can mend.
 */
export async function stageObject(
  lake: Lake,
  object: LakeObject,
  path: string,
  options: { parsesRows?: boolean } = {},
): Promise<Staging> {
  const name = parseLakeName(object.name)
  if (name === undefined) return broken(object, 'its name is not that of a batch')
  if (name.compacted) throw new RangeError('a compacted object is staged by parts: see parquet.ts')
  const source = await lake.open(object)
  if (source === undefined) return goneObject(lake, object)
  const file = await open(path, 'w', 0o600)
  try {
    const written = await writeLines(source, { ...name, count: object.count }, file, options)
    return { outcome: 'staged', staged: { object, name, file: path, ...written } }
  } catch (error) {
    if (error instanceof BatchFault) return broken(object, error.message)
    throw new PipelineError('LAKE_UNAVAILABLE', { action: 'read', object: object.name })
  } finally {
    source.destroy()
    await file.close()
  }
}
