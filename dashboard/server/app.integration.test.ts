import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { buildPage } from '../build.ts'
import { type ServedPage, servePage } from '../testing/served.ts'
import { AnswerCache } from './cache.ts'
import { cell, line } from './csv.ts'

let served: ServedPage
before(async () => {
  served = await servePage()
})
after(() => served.stop())
const ask = (path: string, init?: RequestInit): Promise<Response> => fetch(served.url + path, init)

test('a page names its script and style by their contents, which browsers may keep', async () => {
  const page = await ask('/')
  assert.match(
    page.headers.get('content-security-policy') ?? '',
    /default-src 'none'.*frame-ancestors 'none'/,
  )
  const html = await page.text()
  for (const [, name] of html.matchAll(/"(\/assets\/[^"]+)"/g)) {
    const asset = await ask(name!, { headers: { 'accept-encoding': 'gzip' } })
    assert.equal(asset.status, 200, name)
    assert.match(asset.headers.get('cache-control') ?? '', /immutable/)
    assert.equal(asset.headers.get('content-encoding'), 'gzip')
  }
  assert.equal((await ask('/assets/other.js')).status, 404)
  const size = (await buildPage())
    .filter(({ name }) => name.endsWith('.gz'))
    .reduce((sum, { data }) => sum + data.length, 0)
  assert.ok(size < 300_000, `${size} bytes are too many for a phone`)
})

test('the same source builds the same page, and what is compressed is what is not', async () => {
  const [one, other] = [await buildPage(), await buildPage()]
  assert.deepEqual(one, other)
  for (const { name, data } of one.filter((each) => each.name.endsWith('.gz'))) {
    assert.deepEqual(gunzipSync(data), one.find((each) => each.name === name.slice(0, -3))!.data)
  }
})

test('numbers have a tag that is theirs until they change, by choice', async () => {
  const first = await ask('/api/report')
  const tag = first.headers.get('etag')!
  assert.equal((await ask('/api/report', { headers: { 'if-none-match': tag } })).status, 304)
  const other = await ask('/api/report?doctor=1', { headers: { 'if-none-match': tag } })
  assert.equal(other.status, 200)
  assert.equal((await ask('/api/health')).headers.get('cache-control'), 'no-store')
})

test('wrong requests are refused with what is wrong, and never with their value', async () => {
  const cases: [path: string, status: number][] = [
    ['/api/report?from=Erika', 400],
    ['/api/tables/patients', 400],
    ['/api/tables/doctors?sort=Erika', 400],
    ['/api/tables/doctors.csv?page=Erika', 400],
    ['/api/nothing', 404],
    ['/Erika', 404],
  ]
  for (const [path, status] of cases) {
    const response = await ask(path)
    assert.equal(response.status, status, path)
    assert.doesNotMatch(await response.text(), /Erika/, path)
  }
  for (const method of ['POST', 'PUT', 'DELETE']) {
    const refused = await ask('/api/report', { method })
    assert.deepEqual([refused.status, refused.headers.get('allow')], [405, 'GET, HEAD'], method)
  }
})

test('CSV quotes what must be quoted, and no cell begins a formula', () => {
  assert.deepEqual(
    ['a,b', 'say "x"', 'two\nlines', '=1+1', '+1', '-x', '@a', '-12.50', '12', null, 5].map(cell),
    ['"a,b"', '"say ""x"""', '"two\nlines"', "'=1+1", "'+1", "'-x", "'@a", '-12.50', '12', '', '5'],
  )
  assert.equal(line(['a', null, 1]), 'a,,1\r\n')
})

test('an answer is made once for all who ask; a failure is not kept, and the oldest goes', async () => {
  const cache = new AnswerCache<number>(2)
  let made = 0
  const make = async () => ++made
  assert.deepEqual(await Promise.all([cache.get('a', make), cache.get('a', make)]), [1, 1])
  await assert.rejects(cache.get('b', async () => Promise.reject(new Error('no'))))
  assert.equal(await cache.get('b', make), 2)
  await cache.get('a', make)
  await cache.get('c', make)
  assert.equal(await cache.get('a', make), 1, 'it was used last')
  assert.equal(await cache.get('b', make), 4)
})
