import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive } from '../stack-file.ts'
import { ManagedProcess, type ServiceSpec } from './managed-process.ts'
import { until } from './wait.ts'

let dir: string
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'managed-'))
})
after(() => rm(dir, { recursive: true, force: true }))

function spec(script: string, more: Partial<ServiceSpec> = {}): ServiceSpec {
  return { name: 'part', command: process.execPath, args: ['-e', script], ready: async () => {}, ...more }
}

function logOf(name: string): string {
  return join(dir, `${name}.log`)
}

const forever = 'setInterval(() => {}, 1000)'

test('a part that dies is started again, and what must follow a start follows each', async () => {
  let starts = 0
  const part = new ManagedProcess(spec(forever, { afterStart: async () => void starts++ }), logOf('again'))
  await part.start()
  const first = part.status().pid!
  process.kill(first, 'SIGKILL')
  await until(
    async () => assert.deepEqual([part.status().state, part.status().restarts], ['ready', 1]),
    AbortSignal.timeout(10_000),
    20,
  )
  assert.notEqual(part.status().pid, first)
  assert.equal(starts, 2)
  const second = part.status().pid!
  await part.stop()
  assert.equal(isAlive(second), false)
  await sleep(500)
  const { endedAt, ...rest } = part.status()
  assert.deepEqual(rest, { name: 'part', pid: null, state: 'stopped', restarts: 1 })
  assert.ok(Date.parse(endedAt!) <= Date.now(), 'it tells when it ended by itself')
})

test('a part that ends before it is ready says so, and where its log is', async () => {
  const never = (signal: AbortSignal): Promise<void> => until(async () => assert.fail('never'), signal)
  const part = new ManagedProcess(
    spec('console.error("no port"); process.exit(3)', { ready: never }),
    logOf('early'),
  )
  await assert.rejects(part.start(), /ended before it was ready/)
  await part.stop()
  const log = await readFile(logOf('early'), 'utf8')
  assert.match(log, /no port/)
  assert.match(log, /ended with code 3/)
})

test('a part that does not listen to its signal is ended all the same', async () => {
  const ready = (signal: AbortSignal): Promise<void> =>
    until(async () => assert.match(await readFile(logOf('deaf'), 'utf8'), /deaf/), signal, 20)
  const part = new ManagedProcess(
    spec(`process.on('SIGTERM', () => {}); console.log('deaf'); ${forever}`, { ready, stopTimeoutMs: 200 }),
    logOf('deaf'),
  )
  await part.start()
  const pid = part.status().pid!
  await part.stop()
  assert.equal(isAlive(pid), false)
})

test('a part can be stopped and started again', async () => {
  const part = new ManagedProcess(spec(forever), logOf('twice'))
  await part.start()
  await part.stop()
  await part.start()
  assert.equal(part.status().state, 'ready')
  await part.stop()
})
