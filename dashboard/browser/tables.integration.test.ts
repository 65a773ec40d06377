import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { money } from '../page/format.ts'
import { startChromium } from '../testing/chromium.ts'
import { expectedReport } from '../testing/expected.ts'
import { doctors, knownVisits } from '../testing/known-facts.ts'
import { type ServedPage, servePage } from '../testing/served.ts'
import { cellsOf, loaded, openPage, screenshot } from './page.ts'

const visits = knownVisits()
let served: ServedPage
let browser: Browser
before(async () => {
  ;[served, browser] = await Promise.all([servePage({ visits }), startChromium()])
})
after(async () => {
  await browser?.close()
  await served?.stop()
})

const status = (page: Page) => page.locator('#pages [role=status]')

test('the table of doctors shows, sorts and searches, and its address brings it back', async () => {
  const { page, complaints, close } = await openPage(browser, `${served.url}/doctors?department=Neurology`)
  await loaded(page)
  const expected = expectedReport(visits, { department: 'Neurology' })
  const rows = await cellsOf(page, '#rows')
  assert.deepEqual(
    rows.map(([name, , , , , revenue]) => ({ name, revenue })),
    expected.doctorsByRevenue.map(({ name, revenue }) => ({ name, revenue: money(revenue) })),
  )
  await page.click('button[data-sort=doctor_name]')
  await page.waitForSelector('th[aria-sort=ascending] [data-sort=doctor_name]')
  assert.deepEqual(
    (await cellsOf(page, '#rows')).map(([name]) => name),
    ['Bo Lind', 'Finn Berg'],
  )
  await page.fill('#search', 'finn')
  await status(page).filter({ hasText: 'of 1' }).waitFor()
  assert.deepEqual(
    (await cellsOf(page, '#rows')).map(([name]) => name),
    ['Finn Berg'],
  )
  const address = page.url()
  assert.match(address, /search=finn/)
  assert.deepEqual(complaints, [])
  await close()
  const again = await openPage(browser, address)
  await loaded(again.page)
  assert.equal(await again.page.inputValue('#search'), 'finn')
  assert.deepEqual(
    (await cellsOf(again.page, '#rows')).map(([name]) => name),
    ['Finn Berg'],
  )
  await again.close()
})

test('the journey goes page by page under the filters, and no name of a patient is in it', async () => {
  const { page, complaints, close } = await openPage(
    browser,
    `${served.url}/journey?from=2025-03-01&to=2025-08-31`,
  )
  await loaded(page)
  const chosen = visits.filter(({ day }) => day >= '2025-03-01' && day <= '2025-08-31')
  const seen: string[] = []
  for (let from = 1; from <= chosen.length; from += 25) {
    await status(page)
      .filter({ hasText: new RegExp(`^${from} to`) })
      .waitFor()
    seen.push(...(await cellsOf(page, '#rows')).map(([, id]) => id!))
    if (from + 25 <= chosen.length) await page.click('#pages button:last-child')
  }
  assert.deepEqual(
    seen.map(Number).sort((a, b) => a - b),
    chosen.map(({ id }) => id).sort((a, b) => a - b),
  )
  assert.equal(await page.isDisabled('#pages button:last-child'), true)
  assert.deepEqual(complaints, [])
  await close()
})

test('CSV holds all rows of the choice with exact amounts, and no text that a spreadsheet would run', async () => {
  const { page, close } = await openPage(browser, `${served.url}/journey?doctor=1`)
  await loaded(page)
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#csv')])
  const text = (await readFile(await download.path(), 'utf8')).replace(/^\uFEFF/, '')
  const lines = text.split('\r\n').filter((line) => line !== '')
  const own = visits.filter(({ doctor }) => doctor.id === 1)
  assert.equal(lines.length, own.length + 1)
  assert.match(lines[0]!, /^Day,Visit,Patient,/)
  assert.doesNotMatch(text, /(^|,)"?=/m)
  assert.match(text, /'=HYPERLINK/)
  const first = own.find(({ cost }) => cost !== null)!
  const line = lines.find((each) => each.split(',')[1] === String(first.id))!
  assert.ok(line.includes(`,${(first.cost! / 100).toFixed(2)},`), line)
  await close()
})

test('the pages are used by keyboard alone', async () => {
  const { page, close } = await openPage(browser, `${served.url}/doctors`)
  await loaded(page)
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to the numbers')
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'main')
  const reach = async (selector: string): Promise<void> => {
    for (let step = 0; step < 40; step++) {
      await page.keyboard.press('Tab')
      if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return
    }
    throw new Error(`Tab does not reach ${selector}`)
  }
  await reach('[name=department]')
  await page.keyboard.type('Ortho')
  await page.waitForURL(/department=Orthopaedics/)
  await status(page).filter({ hasText: 'of 2' }).waitFor()
  await reach('#search')
  await page.keyboard.type('dai')
  await status(page).filter({ hasText: 'of 1' }).waitFor()
  await reach('button[data-sort=visits]')
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle)
  assert.equal(outline, 'solid', 'the focus is seen')
  await page.keyboard.press('Enter')
  await page.waitForSelector('th[aria-sort=descending] [data-sort=visits]')
  assert.equal(
    await page.evaluate(() => (document.activeElement as HTMLElement).dataset.sort),
    'visits',
    'the focus stays where it was',
  )
  await close()
})

test('all fits a phone, without a sideways scroll of the page', async () => {
  for (const path of ['/', '/doctors', '/journey', '/pipeline']) {
    const { page, complaints, close } = await openPage(browser, served.url + path, {
      width: 390,
      height: 844,
      scheme: 'dark',
      touch: true,
    })
    if (path === '/pipeline') await page.waitForSelector('#hop-marts')
    else await loaded(page)
    const { scroll, width } = await page.evaluate(() => ({
      scroll: document.documentElement.scrollWidth,
      width: document.documentElement.clientWidth,
    }))
    assert.ok(scroll <= width, `${path} is ${scroll} wide on ${width}`)
    if (path === '/') {
      const plots = await page.$$eval('.plot', (all) => all.map((plot) => plot.getBoundingClientRect().width))
      assert.ok(
        plots.every((each) => each > 250 && each <= 390),
        String(plots),
      )
    }
    assert.deepEqual(complaints, [])
    await screenshot(page, `phone-${path.slice(1) || 'reports'}-dark`, true)
    await close()
  }
  assert.equal(doctors.length, 8)
})
