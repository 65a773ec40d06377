import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { relayClock, setClock } from './clock.ts'
import { FaultProxy } from './proxy.ts'

let server: Server
let proxy: FaultProxy
let chance = 0
const seen: string[] = []

before(async () => {
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    seen.push(`${request.method} ${request.url} ${request.headers.host} ${body}`)
    response.writeHead(201, { 'x-answer': 'yes' }).end(`got ${body}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  proxy = await FaultProxy.start(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, () => chance)
})
after(async () => {
  await proxy.close()
  server.close()
})
beforeEach(() => {
  seen.length = 0
  chance = 0
})

const post = (signal?: AbortSignal) =>
  fetch(`${proxy.url}/a?b=c`, { method: 'POST', body: 'rows', ...(signal && { signal }) })
const host = (): string => `127.0.0.1:${(server.address() as AddressInfo).port}`

test('what is not disturbed passes as it is, both ways, and under the own host name of the server', async () => {
  const answer = await post()
  assert.deepEqual(
    [answer.status, answer.headers.get('x-answer'), await answer.text()],
    [201, 'yes', 'got rows'],
  )
  assert.deepEqual(seen, [`POST /a?b=c ${host()} rows`])
})

test('errors are answered without the server, for the share that the rate says, until told to end', async () => {
  const { end, hits } = proxy.disturb({ kind: 'errors', rate: 0.5, status: 503 })
  assert.equal((await post()).status, 503)
  chance = 0.6
  assert.equal((await post()).status, 201)
  chance = 0
  assert.equal(hits(), 1)
  end()
  assert.equal((await post()).status, 201)
  assert.equal(seen.length, 2)
})

test('a connection is cut before the server has the request, or after it has done it', async () => {
  const { end: before } = proxy.disturb({ kind: 'cut', rate: 1, when: 'before' })
  await assert.rejects(post())
  assert.deepEqual(seen, [])
  before()
  const { end: after } = proxy.disturb({ kind: 'cut', rate: 1, when: 'after' })
  await assert.rejects(post())
  assert.equal(seen.length, 1)
  after()
})

test('a held request comes to the server late, even when its sender has gone', async () => {
  const { end } = proxy.disturb({ kind: 'hold', rate: 1, heldMs: 300 })
  await assert.rejects(post(AbortSignal.timeout(100)))
  assert.deepEqual(seen, [])
  for (let waited = 0; waited < 100 && seen.length === 0; waited++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.equal(seen.length, 1)
  const answer = await post()
  assert.equal(await answer.text(), 'got rows')
  end()
})

test('a server that is away is away behind the proxy too', async () => {
  const lonely = await FaultProxy.start('http://127.0.0.1:1', () => 0)
  await assert.rejects(fetch(lonely.url))
  await lonely.close()
})

test("the relay's clock jumps while it runs; its timers and its monotonic clock do not", async () => {
  const dir = await mkdtemp(join(tmpdir(), 'chaos-clock-'))
  const file = join(dir, 'clock')
  try {
    await setClock(file, 0)
    const script = `
      const mono = performance.now()
      const say = () => console.log(JSON.stringify([Date.now(), new Date().getTime(), Date.parse(Date()),
        new Date(5).getTime(), new Date() instanceof Date, performance.now() - mono]))
      process.stdin.on('data', say)
      say()`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, ...relayClock(file) },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const next = async () => JSON.parse(String((await once(child.stdout, 'data'))[0])) as number[]
    const near = (times: readonly number[], shift: number): void => {
      for (const time of times) assert.ok(Math.abs(time - Date.now() - shift) < 3_000, `${time} ${shift}`)
    }
    near((await next()).slice(0, 3), 0)
    for (const shift of [-7_200_000, 3_600_000]) {
      await setClock(file, shift)
      await new Promise((resolve) => setTimeout(resolve, 200))
      child.stdin.write('?')
      const [called, made, parsed, given, isDate, monotonic] = await next()
      near([called!, made!, parsed!], shift)
      assert.deepEqual([given, isDate], [5, true])
      assert.ok(monotonic! >= 0 && monotonic! < 5_000)
    }
    child.kill()
    await once(child, 'exit')
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})
