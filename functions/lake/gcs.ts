import { createHash } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { type Bucket, type FileMetadata, Storage } from '@google-cloud/storage'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { KeyOf } from './customer-key.ts'
import { download, withoutRetries } from './download.ts'
import type { Lake, LakeObject } from './port.ts'

const PAGE = 1000

// A download of the client hangs 11 listeners on one stream, and Node warns of a leak above 10.
EventEmitter.defaultMaxListeners = Math.max(EventEmitter.defaultMaxListeners, 20)

export interface GcsOptions {
  projectId?: string | undefined
  /** `http://host:port` of an emulator; the cloud when left out. */
  emulatorHost?: string | undefined
}

/**
 * The official client, made so that a request ends well before an acknowledgement deadline. The client leaves
 * `/storage/v1` out of its paths when it finds STORAGE_EMULATOR_HOST by itself, which fake-gcs-server does not
 * serve: so it gets the address as `apiEndpoint`, and does not see the variable.
 */
export function storageClient({ projectId, emulatorHost }: GcsOptions): Storage {
  // Beside an emulator there is no metadata server: the clients need not look for one, and warn.
  if (emulatorHost !== undefined) process.env.METADATA_SERVER_DETECTION ??= 'none'
  const seen = process.env.STORAGE_EMULATOR_HOST
  delete process.env.STORAGE_EMULATOR_HOST
  try {
    return new Storage({
      ...(projectId === undefined ? {} : { projectId }),
      ...(emulatorHost === undefined ? {} : { apiEndpoint: emulatorHost }),
      timeout: 30_000,
      retryOptions: { maxRetries: 2, totalTimeout: 40, maxRetryDelay: 4 },
    })
  } finally {
    if (seen !== undefined) process.env.STORAGE_EMULATOR_HOST = seen
  }
}

function status(error: unknown): number | string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'number' || typeof code === 'string' ? code : undefined
}

function unavailable(action: string, bucket: string, error: unknown): PipelineError {
  return new PipelineError('LAKE_UNAVAILABLE', { action, bucket, status: status(error) })
}

function lakeObject(metadata: FileMetadata): LakeObject {
  const count = Number(metadata.metadata?.count ?? Number.NaN)
  // A listing has no checksums of what is encrypted with a key that it was not given.
  const md5 = metadata.md5Hash ?? metadata.metadata?.md5
  return {
    name: metadata.name!,
    generation: String(metadata.generation),
    size: Number(metadata.size),
    storedAt: new Date(metadata.timeCreated!).toISOString(),
    ...(md5 === undefined || md5 === null ? {} : { md5: String(md5) }),
    ...(Number.isSafeInteger(count) ? { count } : {}),
    ...(metadata.metadata?.sha256 === undefined ? {} : { sha256: String(metadata.metadata.sha256) }),
  }
}

/** Answers undefined for a missing object, and throws for a missing bucket, which answers 404 as well. */
async function missing(bucket: Bucket, action: string, error: unknown): Promise<undefined> {
  if (status(error) !== 404) throw unavailable(action, bucket.name, error)
  try {
    await bucket.getFiles({ prefix: 'changes/', maxResults: 1, autoPaginate: false })
  } catch (cause) {
    throw unavailable(action, bucket.name, cause)
  }
  return undefined
}

/**
 * The lake in a Cloud Storage bucket, listed by pages of at most `pageSize` objects. Objects for which `keyOf` has a key
 * are written and read with it.
 */
export function gcsLake(bucket: Bucket, pageSize = PAGE, keyOf: KeyOf = () => undefined): Lake {
  const once = withoutRetries(bucket)
  const keyed = (name: string) => {
    const encryptionKey = keyOf(name)
    return encryptionKey === undefined ? {} : { encryptionKey }
  }
  const head: Lake['head'] = async (name) => {
    try {
      const [metadata] = await bucket.file(name, keyed(name)).getMetadata()
      return lakeObject(metadata)
    } catch (error) {
      return missing(bucket, 'head', error)
    }
  }

  return {
    head,
    async create({ name, bytes, contentType, metadata }) {
      const options = {
        resumable: false,
        validation: 'crc32c',
        preconditionOpts: { ifGenerationMatch: 0 },
      } as const
      const described = { contentType, ...(metadata ? { metadata } : {}) }
      try {
        if (typeof bytes === 'string') {
          await bucket.upload(bytes, { ...options, ...keyed(name), destination: name, metadata: described })
          return 'created'
        }
        const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
        const md5Hash = createHash('md5').update(body).digest('base64')
        await bucket.file(name, keyed(name)).save(body, { ...options, metadata: { ...described, md5Hash } })
        return 'created'
      } catch (error) {
        if (status(error) === 412) return 'exists'
        throw unavailable('create', bucket.name, error)
      }
    },
    async remove({ name, generation }) {
      const there = await head(name)
      if (there === undefined) return 'gone'
      // The emulator passes over the precondition of a delete, so it is looked at first as well.
      if (there.generation !== generation) return 'replaced'
      try {
        await bucket.file(name).delete({ ifGenerationMatch: generation })
        return 'removed'
      } catch (error) {
        if (status(error) === 412) return 'replaced'
        await missing(bucket, 'remove', error)
        return 'gone'
      }
    },
    async open({ name, generation }) {
      try {
        return await download(once, name, generation, keyed(name))
      } catch (error) {
        return missing(bucket, 'open', error)
      }
    },
    async *list(prefix) {
      let pageToken: string | undefined
      do {
        const query = {
          prefix,
          maxResults: pageSize,
          autoPaginate: false,
          ...(pageToken ? { pageToken } : {}),
        }
        const [files, next] = await bucket.getFiles(query).catch((error: unknown) => {
          throw unavailable('list', bucket.name, error)
        })
        yield files.map((file) => lakeObject(file.metadata))
        pageToken = (next as { pageToken?: string } | null | undefined)?.pageToken
      } while (pageToken)
    },
  }
}
