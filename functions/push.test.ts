import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { PushMessage } from './envelope.ts'
import { pushFunction } from './push.ts'
import { pushBody } from './testing/batches.ts'
import { logBook, outbox, type Served, serve } from './testing/serving.ts'

const SECRET = 'Erika Mustermann'
const servers: Served[] = []
after(() => Promise.all(servers.map((server) => server.stop())))

async function served(handle: (message: PushMessage) => Promise<void>, withDeadLetters = true) {
  const deadLetters = outbox()
  const log = logBook()
  const now = () => new Date('2024-03-05T12:00:00Z')
  const server = await serve(
    pushFunction({ name: 'tested', handle, deadLetters: withDeadLetters ? deadLetters : null, log, now }),
  )
  servers.push(server)
  return { server, deadLetters, log }
}

const failing = (error: unknown) => async () => {
  throw error
}

test('the handler gets the message as it was published', async () => {
  const seen: PushMessage[] = []
  const { server } = await served(async (message) => void seen.push(message))
  const response = await server.post(pushBody(Buffer.from([0, 255, 10]), { table: 'visits' }))
  assert.equal(response.status, 204)
  assert.deepEqual(seen, [
    {
      data: Buffer.from([0, 255, 10]),
      attributes: { table: 'visits' },
      messageId: '1001',
      publishTime: '2024-03-05T10:20:32.789Z',
      subscription: 'projects/test-project/subscriptions/lake-sink',
      deliveryAttempt: 1,
    },
  ])
})

test('a message may have neither data nor attributes', async () => {
  const seen: PushMessage[] = []
  const { server } = await served(async (message) => void seen.push(message))
  const response = await server.post('{"message":{"messageId":"5"},"subscription":"s"}')
  assert.equal(response.status, 204)
  assert.deepEqual([seen[0]?.data.length, seen[0]?.attributes], [0, {}])
})

test('invariant 1: nothing is lost: what may succeed later is not acknowledged', async () => {
  const later = await served(failing(new PipelineError('LAKE_UNAVAILABLE', { action: 'create' })))
  assert.equal((await later.server.post(pushBody(Buffer.from('x'), {}))).status, 503)
  const unknown = await served(failing(new TypeError(`bad value ${SECRET}`)))
  const response = await unknown.server.post(pushBody(Buffer.from('x'), {}))
  assert.equal(response.status, 500)
  assert.doesNotMatch(await response.text(), /Erika/)
  assert.doesNotMatch(unknown.log.text(), /Erika/)
  assert.equal(later.deadLetters.messages.length + unknown.deadLetters.messages.length, 0)
})

test('invariant 5: nothing is guessed: what never can be taken goes to dead letters with its reason', async () => {
  const { server, deadLetters } = await served(failing(new PipelineError('MESSAGE_CORRUPT', { reason: 'r' })))
  const response = await server.post(pushBody(Buffer.from(SECRET), { table: 'visits', odd: 'é' }))
  assert.equal(response.status, 204)
  assert.equal(deadLetters.messages.length, 1)
  const { data, attributes } = deadLetters.messages[0]!
  assert.equal(Buffer.from(data).toString(), SECRET)
  assert.deepEqual(attributes, {
    table: 'visits',
    odd: 'é',
    deadLetterCode: 'MESSAGE_CORRUPT',
    deadLetterReason: 'a batch of changes does not hold what its attributes say (reason=r)',
    deadLetterSource: 'tested',
    deadLetteredAt: '2024-03-05T12:00:00.000Z',
    deadLetterMessageId: '1001',
    deadLetterOriginAt: '2024-03-05T10:20:32.789Z',
    deadLetterSubscription: 'projects/test-project/subscriptions/lake-sink',
  })
})

test('invariant 1: nothing is lost: a dead letter that is not taken is not acknowledged', async () => {
  const { server, deadLetters, log } = await served(failing(new PipelineError('MESSAGE_CORRUPT')))
  deadLetters.failure = new Error(SECRET)
  const response = await server.post(pushBody(Buffer.from('x'), {}))
  assert.equal(response.status, 500)
  assert.doesNotMatch(log.text(), /Erika/)
})

test('a function without dead letters has the message come again', async () => {
  const { server } = await served(failing(new PipelineError('MESSAGE_CORRUPT')), false)
  assert.equal((await server.post(pushBody(Buffer.from('x'), {}))).status, 500)
})

test('invariant 8: a body that is not a push is refused, and quoted nowhere', async (t) => {
  const { server, deadLetters, log } = await served(failing(new Error('must not be called')))
  const printed: string[] = []
  t.mock.method(console, 'error', (...parts: unknown[]) => void printed.push(parts.map(String).join(' ')))
  const bodies = [
    '',
    `{"patient": ${SECRET}`,
    `"${SECRET}"`,
    'null',
    '[]',
    '{}',
    JSON.stringify({ message: SECRET }),
    JSON.stringify({ message: { data: `!${SECRET}`, messageId: '1' } }),
    JSON.stringify({ message: { data: 'abc', messageId: '1' } }),
    JSON.stringify({ message: { data: '' } }),
    JSON.stringify({ message: { data: '', messageId: '' } }),
    JSON.stringify({ message: { data: '', messageId: '1', attributes: { name: 5 } } }),
    JSON.stringify({ message: { data: '', messageId: '1', attributes: [SECRET] } }),
  ]
  for (const body of bodies) {
    const response = await server.post(body)
    const answer = await response.text()
    assert.equal(response.status, 400, body)
    assert.equal(JSON.parse(answer).code, 'REQUEST_INVALID', body)
    assert.doesNotMatch(answer, /Erika/)
  }
  assert.doesNotMatch(log.text() + printed.join(), /Erika/)
  assert.equal(deadLetters.messages.length, 0)
})

test('the content type of a push does not matter, and GET is for health checks', async () => {
  const { server } = await served(async () => {})
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/cloudevents+json']) {
    const response = await server.post(pushBody(Buffer.from('x'), {}), { 'content-type': type })
    assert.equal(response.status, 204, type)
  }
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200)
  const put = await fetch(server.url, { method: 'PUT', body: 'x' })
  assert.deepEqual([put.status, put.headers.get('allow')], [405, 'GET, POST'])
})

test('/metrics counts answers by status and dead letters by code, and holds no value', async () => {
  const counted = async (url: string, series: string): Promise<number> => {
    const text = await (await fetch(`${url}/metrics`)).text()
    assert.doesNotMatch(text, /Erika/)
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.split(' ')[1] ?? 0,
    )
  }
  const { server } = await served(failing(new PipelineError('MESSAGE_CORRUPT')))
  const answers = 'function_requests_total{status="204"}'
  const letters = 'function_dead_letters_total{code="MESSAGE_CORRUPT"}'
  const before = [await counted(server.url, answers), await counted(server.url, letters)]
  await server.post(pushBody(Buffer.from(SECRET), {}))
  assert.deepEqual(
    [await counted(server.url, answers), await counted(server.url, letters)],
    before.map((count) => count + 1),
  )
  assert.equal(await counted(server.url, 'function_requests_running'), 0)
})
