import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Bucket } from '@google-cloud/storage'
import { batchOf, pushBody, visitChanges } from './testing/batches.ts'
import { type FakeGcs, freePort, startFakeGcs } from './testing/fake-gcs.ts'

let gcs: FakeGcs
let bucket: Bucket
let folder: string
const children: ChildProcess[] = []

before(async () => {
  gcs = await startFakeGcs()
  bucket = await gcs.newBucket()
  folder = await mkdtemp(join(tmpdir(), 'serve-'))
})
after(async () => {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL')
  await gcs.stop()
  await rm(folder, { recursive: true, force: true })
})

interface Running {
  url: string
  child: ChildProcess
  output(): string
  /** The exit code. */
  ended: Promise<number | null>
}

function environment(name: string, port: number, given: Record<string, string | undefined> = {}) {
  return {
    PATH: process.env.PATH,
    FUNCTION_TARGET: name,
    PORT: String(port),
    LAKE_BUCKET: bucket.name,
    GOOGLE_CLOUD_PROJECT: 'test-project',
    DEAD_LETTER_TOPIC: 'hospital-dead-letters',
    STORAGE_EMULATOR_HOST: gcs.url,
    PUBSUB_EMULATOR_HOST: '127.0.0.1:1',
    WAREHOUSE: 'duckdb',
    DUCKDB_PATH: join(folder, 'hospital.duckdb'),
    ...given,
  }
}

function start(args: string[], env: NodeJS.ProcessEnv): Running {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  let output = ''
  const add = (chunk: Buffer) => {
    output += chunk
  }
  child.stdout.on('data', add)
  child.stderr.on('data', add)
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  return { url: `http://127.0.0.1:${env.PORT}`, child, output: () => output, ended }
}

async function ready(running: Running): Promise<Running> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const ok = await fetch(`${running.url}/healthz`).then(
      (response) => response.ok,
      () => false,
    )
    if (ok) return running
    if (running.child.exitCode !== null) break
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`not ready: ${running.output()}`)
}

const serve = join(import.meta.dirname, 'serve.ts')
async function served(name: string, given?: Record<string, string | undefined>): Promise<Running> {
  return ready(start([serve], environment(name, await freePort(), given)))
}
const post = (url: string, body: string) =>
  fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })

test('lake-sink and load-facts, each in its process, carry a batch to the warehouse', async () => {
  const [sink, loader] = await Promise.all([served('lake-sink'), served('load-facts')])
  const batch = batchOf(visitChanges(0, 99))
  assert.equal((await post(sink.url, pushBody(batch.data, batch.attributes))).status, 204)
  const response = await post(loader.url, '')
  const report = (await response.json()) as Record<string, unknown> & { tables: Record<string, unknown> }
  assert.equal(response.status, 200)
  assert.deepEqual(Object.keys(report.tables), ['visits', 'prescriptions', 'billing_payments'])
  const { seconds, ...visits } = report.tables.visits as Record<string, unknown>
  assert.equal(typeof seconds, 'number')
  assert.deepEqual(visits, { objects: 1, rows: 100, duplicates: 0, broken: 0, more: false })
  assert.deepEqual([report.function, report.more], ['load-facts', false])
  const both = await Promise.all([post(loader.url, '{}'), post(loader.url, '{}')])
  assert.deepEqual(
    both.map(({ status }) => status),
    [200, 200],
  )
  for (const each of [sink, loader]) {
    each.child.kill('SIGTERM')
    assert.equal(await each.ended, 0, each.output())
    assert.doesNotMatch(each.output(), /Asthma|Warning/)
  }
})

test('the other functions start and stop as well', async () => {
  for (const name of ['dead-letter-sink', 'load-dimensions']) {
    const running = await served(name)
    running.child.kill('SIGTERM')
    assert.equal(await running.ended, 0)
  }
})

test('the framework itself runs a function from its index.ts', async () => {
  const main = join(
    import.meta.dirname,
    '../node_modules/@google-cloud/functions-framework/build/src/main.js',
  )
  const source = join(import.meta.dirname, 'lake-sink/index.ts')
  const port = await freePort()
  const running = await ready(
    start(
      [main, '--target=lake-sink', `--source=${source}`, `--port=${port}`],
      environment('lake-sink', port),
    ),
  )
  const batch = batchOf(visitChanges(200, 209))
  assert.equal((await post(running.url, pushBody(batch.data, batch.attributes))).status, 204)
  assert.equal((await bucket.file(batch.name).exists())[0], true)
  const bad = await post(running.url, '{"name": Erika Mustermann')
  assert.equal(bad.status, 400)
  assert.doesNotMatch((await bad.text()) + running.output(), /Erika/)
  running.child.kill('SIGTERM')
  await running.ended
})

/** A lake that takes a connection and does not answer until it is told to. */
async function slowLake(): Promise<{
  url: string
  asked: Promise<void>
  answer: () => void
  server: Server
}> {
  const answers: (() => void)[] = []
  let told = () => {}
  const asked = new Promise<void>((resolve) => {
    told = resolve
  })
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      answers.push(() =>
        socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\r\n{}'),
      )
      told()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address() as { port: number }
  const answer = () => {
    for (const each of answers) each()
  }
  return { url: `http://127.0.0.1:${address.port}`, asked, answer, server }
}

test('invariant 1: nothing is lost: SIGTERM lets a request in flight end, refuses new ones, and ends with 0', async () => {
  const lake = await slowLake()
  const running = await served('lake-sink', { STORAGE_EMULATOR_HOST: lake.url })
  const batch = batchOf(visitChanges(0, 9))
  const agent = new Agent({ keepAlive: true })
  const inFlight = new Promise<number>((resolve, reject) => {
    const sent = request(running.url, { method: 'POST', agent }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0))
    })
    sent.once('error', reject).end(pushBody(batch.data, batch.attributes))
  })
  await lake.asked
  running.child.kill('SIGTERM')
  await new Promise((resolve) => setTimeout(resolve, 200))
  assert.equal(running.child.exitCode, null)
  await assert.rejects(fetch(running.url))
  lake.answer()
  assert.equal(await inFlight, 503)
  assert.equal(await running.ended, 0)
  agent.destroy()
  lake.server.close()
})

test('a wrong setting ends the process with a line that names it', async () => {
  const cases: [string, Record<string, string | undefined>][] = [
    ['LAKE_BUCKET is missing', { LAKE_BUCKET: undefined }],
    ['FUNCTION_TARGET names no function', { FUNCTION_TARGET: 'nobody' }],
    ['PORT is no port', { PORT: 'x' }],
    ['STORAGE_EMULATOR_HOST is not valid', { STORAGE_EMULATOR_HOST: 'not a url' }],
  ]
  for (const [message, given] of cases) {
    const running = start([serve], environment('lake-sink', 1, given))
    assert.equal(await running.ended, 1)
    const line = JSON.parse(running.output())
    assert.equal(line.code, 'SETTING_INVALID')
    assert.match(line.message, new RegExp(message))
  }
})
