import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cloudPlace, readCloudReplay } from './cloud-replay.ts'

const settings = readCloudReplay({
  ENVIRONMENT: 'demo',
  GOOGLE_CLOUD_PROJECT: 'a-project',
  PROJECT_NUMBER: '123456789012',
  REGION: 'europe-west3',
  LAKE_BUCKET: 'a-project-demo-lake',
  KAFKA_BROKERS: '127.0.0.1:9092',
  KAFKA_SASL_USER: 'hospital-pipeline',
  KAFKA_SASL_PASSWORD: 'of-a-test',
})
const token = async (audience: string) => ({ authorization: `Bearer for ${audience}` })
const place = (answer: () => Response, asked: [string, RequestInit | undefined][] = []) =>
  cloudPlace(settings, {} as never, token, async (url, init) => {
    asked.push([String(url), init])
    return answer()
  })

test('a loader is called at its own address, with a token for it', async () => {
  const asked: [string, RequestInit | undefined][] = []
  const there = place(
    () => Response.json({ function: 'load-facts', tables: { visits: { broken: 1, rows: 2 } } }),
    asked,
  )
  const report = await there.load('load-facts', { retry: ['changes/visits/a'] })
  assert.equal(report.tables.visits!.broken, 1)
  const [url, init] = asked[0]!
  assert.equal(url, 'https://demo-load-facts-123456789012.europe-west3.run.app')
  assert.equal((init!.headers as Record<string, string>).authorization, `Bearer for ${url}`)
  assert.deepEqual(JSON.parse(String(init!.body)), { retry: ['changes/visits/a'] })
})

test('a loader that refuses or is away is told by its name and status', async () => {
  const body = { retry: [] }
  await assert.rejects(place(() => new Response('', { status: 403 })).load('load-facts', body), {
    code: 'REQUEST_INVALID',
    message: /load-facts.*403/,
  })
  const away = place(() => {
    throw new TypeError('fetch failed')
  })
  await assert.rejects(away.load('load-facts', body), { code: 'REQUEST_INVALID', message: /does not answer/ })
})

test('names are those of the environment, and settings that are missing are named', () => {
  assert.equal(place(() => new Response()).nameOf('hospital-changes'), 'demo-hospital-changes')
  assert.throws(() => readCloudReplay({ ENVIRONMENT: 'demo' }), {
    code: 'SETTING_INVALID',
    message: /GOOGLE_CLOUD_PROJECT.*PROJECT_NUMBER.*REGION.*LAKE_BUCKET.*KAFKA_BROKERS/,
  })
})
