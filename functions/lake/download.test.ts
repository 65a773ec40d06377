import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { gcsLake, storageClient } from './gcs.ts'

/** A server that answers the first requests with these statuses (0: it drops the connection) and then the object. */
async function withServer(
  statuses: readonly number[],
  work: (lake: ReturnType<typeof gcsLake>, asked: () => number) => Promise<void>,
): Promise<void> {
  let asked = 0
  const server = createServer((request, response) => {
    const status = statuses[asked++]
    if (status === undefined) response.writeHead(200).end('bytes')
    else if (status === 0) request.socket.destroy()
    else response.writeHead(status, { 'content-type': 'text/plain' }).end('no')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  try {
    const storage = storageClient({ projectId: 'p', emulatorHost: `http://127.0.0.1:${port}` })
    await work(gcsLake(storage.bucket('lake')), () => asked)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const object = { name: 'changes/a', generation: '1' }

for (const status of [429, 500, 503, 0]) {
  test(`a download that is answered ${status || 'nothing'} is tried again, and no error escapes that ends the process`, () =>
    withServer([status, status], async (lake, asked) => {
      assert.equal(String(await buffer((await lake.open(object))!)), 'bytes')
      assert.equal(asked(), 3)
    }))
}

test('a store that stays away is a lake that is unavailable, after three attempts', () =>
  withServer([503, 503, 503, 503], async (lake, asked) => {
    await assert.rejects(lake.open(object), { code: 'LAKE_UNAVAILABLE' })
    assert.equal(asked(), 3)
  }))

test('what no attempt can mend is not tried again', () =>
  withServer([403], async (lake, asked) => {
    await assert.rejects(lake.open(object), { code: 'LAKE_UNAVAILABLE' })
    assert.equal(asked(), 1)
  }))
