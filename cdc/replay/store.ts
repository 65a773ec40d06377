import type { Bucket, File } from '@google-cloud/storage'
import { PipelineError } from '@pipeline/hospital/errors.ts'

export interface StoredObject {
  name: string
  generation: string
  size: number
  md5: string | undefined
  /** Changes inside, where the object says so. */
  count: number | undefined
}

/** What a replay does with the lake. Every method throws LAKE_UNAVAILABLE. */
export interface ReplayStore {
  /** Pages of objects. */
  list(prefix: string): AsyncIterable<StoredObject[]>
  /** Undefined when it is gone. */
  read(object: StoredObject): Promise<Buffer | undefined>
  /** Brings an object under another name: there first, then gone here. Twice is once. */
  move(object: StoredObject, bytes: Buffer, to: string): Promise<void>
}

const codeOf = (error: unknown) => (error as { code?: number | string } | null)?.code

async function asked<T>(action: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof PipelineError) throw error
    const code = codeOf(error)
    throw new PipelineError('LAKE_UNAVAILABLE', {
      action,
      status: typeof code === 'object' ? undefined : code,
    })
  }
}

function stored({ metadata }: File): StoredObject {
  const count = Number(metadata.metadata?.count ?? Number.NaN)
  return {
    name: metadata.name!,
    generation: String(metadata.generation),
    size: Number(metadata.size),
    md5: metadata.md5Hash,
    count: Number.isSafeInteger(count) ? count : undefined,
  }
}

/** The lake in a bucket. */
export function replayStore(bucket: Bucket): ReplayStore {
  const read = (name: string) =>
    asked('read', async () => {
      try {
        const [bytes] = await bucket.file(name).download({ decompress: false })
        return bytes
      } catch (error) {
        if (codeOf(error) === 404) return undefined
        throw error
      }
    })
  return {
    async *list(prefix) {
      let pageToken: string | undefined
      do {
        const query = { prefix, maxResults: 1000, autoPaginate: false, ...(pageToken ? { pageToken } : {}) }
        const [files, next] = await asked('list', () => bucket.getFiles(query))
        yield files.map(stored)
        pageToken = (next as { pageToken?: string } | null | undefined)?.pageToken
      } while (pageToken)
    },
    read: ({ name }) => read(name),
    move: (object, bytes, to) =>
      asked('move', async () => {
        let there = to
        for (;;) {
          try {
            const preconditionOpts = { ifGenerationMatch: 0 }
            const contentType = 'application/json'
            await bucket.file(there).save(bytes, { resumable: false, contentType, preconditionOpts })
          } catch (error) {
            if (codeOf(error) !== 412) throw error
          }
          const found = await read(there)
          if (found?.equals(bytes)) break
          if (there !== to) throw new PipelineError('LAKE_CONFLICT', { object: there })
          // The same letter came again later and says so: both are kept.
          there = to.replace(/(\.json)?$/, `@${object.generation}.json`)
        }
        try {
          await bucket.file(object.name).delete({ ifGenerationMatch: object.generation })
        } catch (error) {
          if (codeOf(error) !== 404 && codeOf(error) !== 412) throw error
        }
      }),
  }
}
