import { createHash } from 'node:crypto'
import type { Bucket } from '@google-cloud/storage'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { KeyOf } from '../lake/customer-key.ts'
import type { Lake, LakeObject } from '../lake/port.ts'
import { recordName } from './names.ts'
import { type ExportRecord, recordSchema } from './record.ts'

/** The lake as an export needs it: it also replaces what says that an export is whole, and removes what is left over. */
export interface ExportStore extends Pick<Lake, 'create' | 'head' | 'open' | 'list'> {
  /** Writes an object whatever is there. */
  put(name: string, bytes: Uint8Array, contentType: string): Promise<void>
  /** Removes one generation; what is gone already is well. */
  remove(object: Pick<LakeObject, 'name' | 'generation'>): Promise<void>
}

function code(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
}

/** The store over a bucket; what `keyOf` has a key for is written with it. Throws LAKE_UNAVAILABLE. */
export function exportStore(bucket: Bucket, lake: Lake, keyOf: KeyOf = () => undefined): ExportStore {
  const unavailable = (action: string, error: unknown): PipelineError => {
    const status = code(error)
    return new PipelineError('LAKE_UNAVAILABLE', {
      action,
      bucket: bucket.name,
      status: typeof status === 'number' || typeof status === 'string' ? status : undefined,
    })
  }
  return {
    create: lake.create,
    head: lake.head,
    open: lake.open,
    list: lake.list,
    async put(name, bytes, contentType) {
      const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const md5Hash = createHash('md5').update(body).digest('base64')
      try {
        const encryptionKey = keyOf(name)
        await bucket
          .file(name, encryptionKey === undefined ? {} : { encryptionKey })
          .save(body, { resumable: false, validation: 'crc32c', metadata: { contentType, md5Hash } })
      } catch (error) {
        throw unavailable('put', error)
      }
    },
    async remove({ name, generation }) {
      try {
        await bucket.file(name).delete({ ifGenerationMatch: generation })
      } catch (error) {
        if (code(error) !== 404 && code(error) !== 412) throw unavailable('remove', error)
      }
    },
  }
}

async function readText(store: Pick<Lake, 'head' | 'open'>, name: string): Promise<string | undefined> {
  const head = await store.head(name)
  const stream = head && (await store.open(head))
  if (!stream) return undefined
  const pieces: Buffer[] = []
  for await (const piece of stream) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString()
}

/** The record of a day's export; undefined while there is none. Throws LAKE_OBJECT_BROKEN for one that is not ours. */
export async function readRecord(
  store: Pick<Lake, 'head' | 'open'>,
  day: string,
): Promise<ExportRecord | undefined> {
  const text = await readText(store, recordName(day))
  if (text === undefined) return undefined
  try {
    return recordSchema.parse(JSON.parse(text))
  } catch {
    throw new PipelineError('LAKE_OBJECT_BROKEN', {
      object: recordName(day),
      reason: 'it is no export record',
    })
  }
}

/** A table's manifest as it stands in the lake. */
export function readManifest(store: Pick<Lake, 'head' | 'open'>, name: string): Promise<string | undefined> {
  return readText(store, name)
}
