import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { exportStore } from '../batch-export/store.ts'
import { readSettings } from '../settings.ts'
import { exportsKey } from './customer-key.ts'
import { gcsLake, storageClient } from './gcs.ts'

const key = Buffer.alloc(32, 7)
const sha256 = createHash('sha256').update(key).digest('base64')

interface Asked {
  method: string
  url: string
  headers: IncomingHttpHeaders
}

/** A server that takes any object, and notes what it was asked. */
async function withServer(work: (endpoint: string, asked: Asked[]) => Promise<void>): Promise<void> {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    asked.push({ method: request.method!, url: request.url!, headers: request.headers })
    for await (const _ of request);
    if (request.url!.includes('alt=media')) return response.end('bytes')
    const object = { name: 'a', generation: '1', size: '5', timeCreated: '2026-01-01T00:00:00Z' }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ ...object, crc32c: 'mnG7TA==' }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const bytes = Buffer.from('hello')
const contentType = 'text/plain'

test('invariant 8: each request for an export carries the customer’s key, and none for anything else', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'customer-key-'))
  const file = join(folder, 'part')
  writeFileSync(file, bytes)
  try {
    await withServer(async (emulatorHost, asked) => {
      const bucket = storageClient({ projectId: 'p', emulatorHost }).bucket('lake')
      const keyOf = exportsKey(key)
      const lake = gcsLake(bucket, undefined, keyOf)
      const store = exportStore(bucket, lake, keyOf)
      const work = async (name: string): Promise<Asked[]> => {
        asked.length = 0
        // The server’s checksum is that of other bytes: that a write is checked at all is not what this asks.
        await lake.create({ name, bytes, contentType }).catch(() => {})
        await lake.create({ name, bytes: file, contentType }).catch(() => {})
        await store.put(name, bytes, contentType).catch(() => {})
        await lake.head(name)
        await buffer((await lake.open({ name, generation: '1' }))!).catch(() => {})
        return asked.filter(({ method }) => method !== 'DELETE')
      }
      const exported = await work('exports/visits/date=20260101/a')
      assert.ok(exported.length >= 5)
      for (const { method, url, headers } of exported) {
        assert.equal(headers['x-goog-encryption-algorithm'], 'AES256', `${method} ${url}`)
        assert.equal(headers['x-goog-encryption-key'], key.toString('base64'))
        assert.equal(headers['x-goog-encryption-key-sha256'], sha256)
      }
      const others = await work('changes/visits/date=20260101/a')
      assert.ok(others.length >= 5)
      for (const { headers } of others) assert.equal(headers['x-goog-encryption-key'], undefined)
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a key is 32 bytes in base64; anything else is refused without being shown', () => {
  const read = (value: string) => readSettings(['EXPORT_ENCRYPTION_KEY'], { EXPORT_ENCRYPTION_KEY: value })
  assert.deepEqual(read(key.toString('base64')).EXPORT_ENCRYPTION_KEY, key)
  assert.equal(read('').EXPORT_ENCRYPTION_KEY, undefined)
  for (const wrong of ['short', Buffer.alloc(31).toString('base64'), Buffer.alloc(33).toString('base64')]) {
    assert.throws(() => read(wrong), {
      code: 'SETTING_INVALID',
      message: /EXPORT_ENCRYPTION_KEY is not valid/,
    })
    assert.throws(
      () => read(wrong),
      (error: Error) => !error.message.includes(wrong),
    )
  }
})
