import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Bucket } from '@google-cloud/storage'
import { gcsLake } from '../lake/gcs.ts'
import { pushFunction } from '../push.ts'
import { pushBody } from '../testing/batches.ts'
import { type FakeGcs, startFakeGcs } from '../testing/fake-gcs.ts'
import { logBook, outbox, type Served, serve } from '../testing/serving.ts'
import { alertSink } from './sink.ts'

let gcs: FakeGcs
let bucket: Bucket
let server: Served
const log = logBook()
const deadLetters = outbox()

before(async () => {
  gcs = await startFakeGcs()
  bucket = await gcs.newBucket()
  const handle = alertSink({ lake: gcsLake(bucket), log })
  server = await serve(pushFunction({ name: 'alert-sink', handle, deadLetters, log }))
})
after(async () => {
  await server.stop()
  await gcs.stop()
})

const alert = {
  alertId: '12-15-clopidogrel-omeprazole',
  state: 'raised',
  severity: 'major',
  version: '0000000000000007/0000000000000007/0000/0001',
  at: '2026-03-02T08:00:05.000Z',
}
const attributes = { kind: 'interaction', ...alert }
const data = Buffer.from(JSON.stringify({ ...alert, patientId: 4711 }))

test('invariant 2: twice is once: an alert is one object, and comes out as it went in', async () => {
  for (const id of ['1', '1', '2'])
    assert.equal((await server.post(pushBody(data, attributes, id))).status, 204)
  const [files] = await bucket.getFiles({ prefix: 'alerts/' })
  assert.deepEqual(
    files.map(({ name }) => name),
    [
      'alerts/interaction/date=20260302/12-15-clopidogrel-omeprazole.0000000000000007-0000000000000007-0000-0001.raised.major.json',
    ],
  )
  assert.deepEqual((await files[0]!.download())[0], data)
})

test('invariant 5 and 8: what is no alert goes to dead letters, and no patient to the log', async () => {
  assert.equal((await server.post(pushBody(Buffer.from('{}'), attributes, '3'))).status, 204)
  assert.equal(deadLetters.messages.length, 1)
  assert.equal(deadLetters.messages[0]!.attributes.deadLetterCode, 'MESSAGE_NOT_OURS')
  assert.doesNotMatch(log.text(), /4711/)
})
