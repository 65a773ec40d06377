import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Bucket, Storage } from '@google-cloud/storage'

const ATTEMPTS = 3
const FIRST_PAUSE_MS = 300

/**
 * The bucket through a client that tries a request once. When the official client tries a download again after a 429
 * or 5xx it pipes into a stream that it has destroyed, and that error reaches nobody: it ends the process.
 */
export function withoutRetries(bucket: Bucket): Bucket {
  const { authClient, apiEndpoint, customEndpoint, projectId } = bucket.storage
  const seen = process.env.STORAGE_EMULATOR_HOST
  delete process.env.STORAGE_EMULATOR_HOST
  try {
    const storage = new Storage({
      authClient,
      projectId,
      ...(customEndpoint && { apiEndpoint }),
      timeout: 30_000,
      retryOptions: { autoRetry: false, maxRetries: 0 },
    })
    return storage.bucket(bucket.name)
  } finally {
    if (seen !== undefined) process.env.STORAGE_EMULATOR_HOST = seen
  }
}

/** Waits for the first bytes, so that a missing generation is told apart from a broken stream. */
function opened(stream: Readable): Promise<Readable> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      stream.off('readable', settle).off('end', settle).off('error', settle)
      if (error) reject(error)
      else resolve(stream)
    }
    stream.on('readable', settle).on('end', settle).on('error', settle)
  })
}

function passes(error: unknown): boolean {
  const code = (error as { code?: unknown }).code
  return typeof code !== 'number' || code === 408 || code === 429 || code >= 500
}

/** Opens one generation of an object; what may pass is tried three times. Throws the client's error. */
export async function download(
  bucket: Bucket,
  name: string,
  generation: string,
  options: { encryptionKey?: Buffer } = {},
): Promise<Readable> {
  for (let attempt = 1; ; attempt++) {
    try {
      const file = bucket.file(name, { ...options, generation })
      return await opened(file.createReadStream({ validation: 'crc32c', decompress: false }))
    } catch (error) {
      if (attempt === ATTEMPTS || !passes(error)) throw error
      await sleep(FIRST_PAUSE_MS * attempt)
    }
  }
}
