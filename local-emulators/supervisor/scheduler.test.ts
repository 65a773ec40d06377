import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { manifest } from '@pipeline/functions/manifest.ts'
import type { ScheduleTrigger } from '@pipeline/functions/manifest-parts.ts'
import { Scheduler } from './scheduler.ts'

test('a function that answered is not called again because its answer can not be written down', async () => {
  const given = manifest.find(({ trigger }) => trigger.kind === 'schedule')!
  assert.ok(given.trigger.kind === 'schedule')
  const soon = new Date(Date.now() + 1_000).toISOString().slice(0, 19)
  const trigger: ScheduleTrigger = { ...given.trigger, cron: soon, timeZone: 'UTC', retries: 3 }
  const entry = { ...given, trigger }
  let calls = 0
  const server = createServer((_request, response) => {
    calls++
    response.end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const scheduler = new Scheduler([entry], { [entry.name]: url }, () =>
    Promise.reject(new Error('disk full')),
  )
  try {
    const last = () => scheduler.state()[0]!.lastResult
    for (let tries = 0; last() === null && tries < 100; tries++) await sleep(50)
    assert.equal(last(), '200, not written down')
    assert.equal(calls, 1)
  } finally {
    scheduler.stop()
    server.close()
    server.closeAllConnections()
  }
})
