import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isFree, pickPorts, rememberPorts } from './ports.ts'

function listen(): Promise<{ server: Server; port: number }> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () =>
      resolve({ server, port: (server.address() as { port: number }).port }),
    )
  })
}

test('every name gets a port of its own; what was asked for is kept, what is taken is not given again', async () => {
  const { server, port } = await listen()
  try {
    assert.equal(await isFree(port), false)
    const ports = await pickPorts(['a', 'b', 'c'], { b: 54_321 }, { a: port })
    assert.equal(ports.b, 54_321)
    assert.notEqual(ports.a, port)
    assert.equal(new Set(Object.values(ports)).size, 3)
  } finally {
    server.close()
  }
})

test('a second start has the ports of the first while they are free', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'ports-'))
  try {
    const file = join(dir, 'ports.json')
    const first = await rememberPorts(file, ['a', 'b'], {})
    assert.deepEqual(await rememberPorts(file, ['a', 'b'], {}), first)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})
