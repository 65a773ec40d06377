import { mkdir } from 'node:fs/promises'
import { Storage } from '@google-cloud/storage'
import { fakeGcsBinary } from '@pipeline/functions/testing/fake-gcs.ts'
import type { ServiceSpec } from '../supervisor/managed-process.ts'
import { until } from '../supervisor/wait.ts'

export interface GcsOptions {
  dir: string
  port: number
  bucket: string
  projectId: string
}

export function gcsEndpoint(port: number): string {
  return `http://127.0.0.1:${port}`
}

/** fake-gcs-server on a folder, standing in for Cloud Storage; makes the lake's bucket after every start. */
export async function gcsService(options: GcsOptions): Promise<ServiceSpec> {
  await mkdir(options.dir, { recursive: true })
  const endpoint = gcsEndpoint(options.port)
  return {
    name: 'gcs',
    command: fakeGcsBinary(),
    args: [
      ...['-scheme', 'http', '-host', '127.0.0.1', '-port', String(options.port)],
      ...['-public-host', `127.0.0.1:${options.port}`, '-external-url', endpoint],
      ...['-backend', 'filesystem', '-filesystem-root', options.dir, '-log-level', 'error'],
    ],
    ready: (signal) =>
      until(async () => {
        const response = await fetch(`${endpoint}/storage/v1/b`, { signal })
        if (!response.ok) throw new Error(`fake-gcs-server answers ${response.status}`)
      }, signal),
    afterStart: async () => {
      const storage = new Storage({ projectId: options.projectId, apiEndpoint: endpoint })
      const [exists] = await storage.bucket(options.bucket).exists()
      if (!exists) await storage.createBucket(options.bucket)
    },
  }
}
