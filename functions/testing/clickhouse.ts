import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClickHouse, openClickHouse } from '../clickhouse/client.ts'
import { freePort } from './fake-gcs.ts'

export interface LocalClickHouse {
  url: string
  /** A client of a database that no other test uses. */
  newDatabase(): ClickHouse
  /** Ends the process as a crash would. */
  kill(): Promise<void>
  /** Starts it again on its port with its data. */
  start(): Promise<void>
  stop(): Promise<void>
}

const main = join(import.meta.dirname, '..', '..', 'local-emulators', 'clickhouse', 'main.ts')

async function answers(url: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('ClickHouse ended')
    const ok = await fetch(`${url}/?query=SELECT%201`).then(
      (response) => response.ok,
      () => false,
    )
    if (ok) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('ClickHouse does not answer')
}

/** Starts the real engine on a free port with a folder of its own; one for a test file. */
export async function startClickHouse(): Promise<LocalClickHouse> {
  const dir = await mkdtemp(join(tmpdir(), 'clickhouse-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const clients: ClickHouse[] = []
  let child: ChildProcess | undefined
  let databases = 0

  const kill = async () => {
    const ending = child
    child = undefined
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return
    const ended = new Promise((resolve) => ending.once('exit', resolve))
    ending.kill('SIGKILL')
    await ended
  }
  const start = async () => {
    const env = { ...process.env, CLICKHOUSE_DIR: dir, CLICKHOUSE_PORT: String(port) }
    child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], { stdio: 'ignore', env })
    await answers(url, child)
  }
  const killed = () => child?.kill('SIGKILL')
  process.once('exit', killed)
  await start()
  return {
    url,
    kill,
    start,
    newDatabase() {
      const database = `test_${++databases}`
      const client = openClickHouse({ url, username: 'default', database })
      clients.push(client)
      return client
    },
    async stop() {
      process.off('exit', killed)
      await Promise.all(clients.map((client) => client.close()))
      await kill()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
