import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { after, before, beforeEach, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { startChromium } from '../testing/chromium.ts'
import { knownVisits } from '../testing/known-facts.ts'
import { writeKnownMarts } from '../testing/known-marts.ts'
import { type ServedPage, servePage } from '../testing/served.ts'
import { wellObserved } from '../testing/well-observed.ts'
import { loaded, openPage, screenshot } from './page.ts'

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const links = {
  looker: [
    {
      name: 'Revenue by month and by doctor',
      url: 'https://lookerstudio.google.com/reporting/create?c.mode=edit',
    },
  ],
}
const NOW = '2026-03-01T10:02:10.000Z'
let served: ServedPage
let browser: Browser
before(async () => {
  ;[served, browser] = await Promise.all([servePage({ links }), startChromium()])
})
beforeEach(() => {
  served.observation = wellObserved(NOW)
  served.followed = undefined
})
after(async () => {
  await browser?.close()
  await served?.stop()
})

const state = (page: Page, wanted: string) =>
  page.waitForSelector(`#trust[data-state=${wanted}]`, { timeout: 5_000 })

test('a part that stops turns the panel red within seconds on every page, and says what to do', async () => {
  for (const path of ['/', '/doctors', '/journey', '/pipeline']) {
    served.observation = wellObserved(NOW)
    const { page, close } = await openPage(browser, served.url + path)
    await state(page, 'good')
    served.observation = {
      ...wellObserved(NOW),
      parts: [
        { name: 'kafka', state: 'ready' },
        { name: 'relay', state: 'restarting' },
      ],
      relay: null,
    }
    const from = Date.now()
    await state(page, 'bad')
    assert.ok(Date.now() - from < 5_000, path)
    assert.match((await page.textContent('#facts')) ?? '', /relay restarting/)
    assert.match((await page.textContent('#todos')) ?? '', /relay\.log/)
    if (path === '/pipeline') {
      assert.equal(await page.getAttribute('#hop-pubsub', 'data-state'), 'bad')
      await screenshot(page, 'pipeline-red', true)
    }
    served.observation = wellObserved(NOW)
    await state(page, 'good')
    assert.equal(await page.locator('#todos li').count(), 0)
    await close()
  }
})

test('the page updates itself when the marts are built anew', async () => {
  const own = await servePage({ visits: knownVisits(10) })
  try {
    const { page, close } = await openPage(browser, own.url)
    await loaded(page)
    assert.equal(await page.textContent('#figure-visits .value'), '10')
    await rm(own.published)
    await writeKnownMarts(own.published, knownVisits(25), NOW)
    await page.waitForFunction(
      () => document.querySelector('#figure-visits .value')?.textContent === '25',
      undefined,
      { timeout: 6_000 },
    )
    await close()
  } finally {
    await own.stop()
  }
})

test('without reports it says so and what to do; without a server it says that too', async () => {
  const own = await servePage({ visits: null })
  const { page, close } = await openPage(browser, own.url)
  await page.waitForSelector('#notice:not([hidden])')
  assert.match((await page.textContent('#notice')) ?? '', /no numbers yet.*npm run load and npm run dbt/)
  await screenshot(page, 'no-data')
  await writeKnownMarts(own.published, knownVisits(10), NOW)
  await page.waitForFunction(
    () => document.querySelector('#figure-visits .value')?.textContent === '10',
    undefined,
    { timeout: 6_000 },
  )
  assert.equal(await page.locator('#notice').isVisible(), false)
  await own.stop()
  await state(page, 'bad')
  assert.match((await page.textContent('#facts')) ?? '', /its server does not answer/)
  assert.equal(await page.textContent('#figure-visits .value'), '10', 'what was shown stays')
  await close()
})

test('a change is followed by its key, with times at each hop and no value', async () => {
  served.followed = {
    table: 'visits',
    key: '42',
    op: 'u',
    steps: [
      {
        id: 'postgres',
        title: 'PostgreSQL',
        at: '2026-03-01T10:00:00.000Z',
        state: 'there',
        where: 'committed at 0',
      },
      {
        id: 'lake',
        title: 'Lake',
        at: '2026-03-01T10:00:00.420Z',
        state: 'there',
        where: 'changes/visits/x',
      },
      { id: 'reports', title: 'Marts and reports', at: null, state: 'not yet', where: 'waits for dbt' },
    ],
  }
  const { page, close } = await openPage(browser, `${served.url}/pipeline`)
  await page.selectOption('#follow [name=table]', 'visits')
  await page.fill('#follow [name=key]', '42')
  await page.click('#follow button')
  const steps = page.locator('#followed li')
  await steps.first().waitFor()
  const texts = await steps.allTextContents()
  assert.match(texts[0]!, /PostgreSQL2026-03-01 10:00:00\.000 UTC/)
  assert.match(texts[1]!, /10:00:00\.420 UTC \+0\.42 s/)
  assert.match(texts[2]!, /not yet/)
  // It looks again by itself while a step is open.
  served.followed.steps[2] = {
    id: 'reports',
    title: 'Marts and reports',
    at: '2026-03-01T10:05:00.000Z',
    state: 'there',
    where: 'published',
  }
  await page.locator('#followed [data-step=reports]', { hasText: '+300.00 s' }).waitFor({ timeout: 6_000 })
  served.followed = undefined
  await page.fill('#follow [name=key]', '43')
  await page.click('#follow button')
  await page.locator('#followed', { hasText: 'No change of visits 43 is known' }).waitFor()
  const branches = await page.$$eval('#hops .branches .hop', (hops) => hops.map(({ id }) => id))
  assert.deepEqual(branches, [
    'hop-lake-sink',
    'hop-clickhouse-sink',
    'hop-oltp-sink',
    'hop-dead-letter-sink',
  ])
  assert.equal(await page.locator('#hops > li').count(), 6)
  await screenshot(page, 'pipeline-light', true)
  await close()
})

interface Axe {
  run(
    of: Document,
    options: object,
  ): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource)
  return page.evaluate(async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
    const { axe } = globalThis as unknown as { axe: Axe }
    const found = await axe.run(document, { runOnly: { type: 'tag', values: tags } })
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 150)} ${failureSummary}`),
    )
  })
}

const health = {
  good: {},
  bad: { relay: null, deadLetters: 3 },
  late: { subscriptions: [{ name: 'lake-sink', open: 5, oldestSeconds: 90, total: 1, perMinute: null }] },
}

test('axe finds nothing against WCAG 2.2 AA, in light and dark, well, late and red, with data and without', async () => {
  const looks: [path: string, how: keyof typeof health][] = [
    ...['/', '/doctors', '/journey', '/pipeline', '/?from=2031-01-01'].map(
      (path) => [path, 'good'] as [string, 'good'],
    ),
    ['/', 'bad'],
    ['/pipeline', 'bad'],
    ['/pipeline', 'late'],
  ]
  for (const scheme of ['light', 'dark'] as const) {
    for (const [path, how] of looks) {
      served.observation = { ...wellObserved(NOW), ...health[how] }
      const { page, close } = await openPage(browser, served.url + path, { scheme })
      if (path === '/pipeline') await page.waitForSelector('#hop-marts')
      else await loaded(page)
      await state(page, how)
      if (path === '/')
        await page
          .locator('details')
          .first()
          .evaluate((each) => each.setAttribute('open', ''))
      assert.deepEqual(await violations(page), [], `${path} ${scheme} ${how}`)
      await close()
    }
  }
})
