import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { money, month } from '../page/format.ts'
import type { Filters } from '../reports/filters.ts'
import type { Report } from '../reports/report.ts'
import { startChromium } from '../testing/chromium.ts'
import { expectedReport } from '../testing/expected.ts'
import { knownVisits } from '../testing/known-facts.ts'
import { type ServedPage, servePage } from '../testing/served.ts'
import { cellsOf, drawnBy, loaded, openPage, screenshot } from './page.ts'

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

interface Named {
  name: string
}
const pairs = <T extends Named>(items: readonly T[], value: (item: T) => number) => ({
  names: items.map(({ name }) => name),
  values: items.map(value),
  others: [],
})

/** What each chart must have drawn of a report. */
function expectedCharts(report: Report) {
  const months = report.months.map((each) => month(each.month))
  return {
    'revenue-by-month': {
      names: months,
      values: report.months.map(({ revenue }) => Number(revenue)),
      others: [],
    },
    'visits-by-month': {
      names: months,
      values: report.months.map((each) => each.visits),
      others: report.months.map(({ averageCost }) => (averageCost === null ? null : Number(averageCost))),
    },
    'revenue-by-doctor': pairs(report.doctorsByRevenue, ({ revenue }) => Number(revenue)),
    'visits-by-doctor': pairs(report.doctorsByVisits, (each) => each.visits),
    diagnoses: pairs(report.diagnoses, (each) => each.visits),
    'diagnosis-words': pairs(report.words, (each) => each.visits),
    medicines: pairs(report.medicines, ({ prescriptions }) => prescriptions),
    'payment-status': pairs(report.payments, ({ amount }) => Number(amount)),
    'patient-ages': pairs(report.ages, ({ patients }) => patients),
    departments: pairs(report.departments, (each) => each.visits),
    specializations: pairs(report.specializations, (each) => each.doctors),
  }
}

async function checkCharts(page: Page, filters: Filters): Promise<void> {
  const report = expectedReport(visits, filters)
  for (const [id, expected] of Object.entries(expectedCharts(report))) {
    const drawn = await drawnBy(page, id)
    if (expected.names.length === 0) {
      assert.equal(drawn, undefined, `${id} is drawn of nothing`)
      assert.equal(await page.locator(`#chart-${id} .empty`).isVisible(), true, id)
    } else {
      assert.deepEqual(drawn, expected, `${id} under ${JSON.stringify(filters)}`)
      assert.ok((await page.locator(`#chart-${id} canvas`).boundingBox())!.width > 100, id)
    }
  }
  const figure = (id: string) => page.locator(`#figure-${id} .value`).textContent()
  assert.equal(await figure('visits'), String(report.figures.visits))
  assert.equal(await figure('patients'), String(report.figures.patients))
  assert.equal(await figure('revenue'), money(report.figures.revenue))
  assert.equal(await figure('average-cost'), money(report.figures.averageCost))
  assert.equal(await figure('outstanding'), money(report.figures.outstanding))
}

test('each chart and figure shows the right numbers, read from the chart itself', async () => {
  const { page, complaints, close } = await openPage(browser, served.url)
  await loaded(page)
  await checkCharts(page, {})
  await page.locator('#chart-revenue-by-month summary').click()
  const report = expectedReport(visits, {})
  assert.deepEqual(
    await cellsOf(page, '#chart-revenue-by-month table'),
    report.months.map((each) => [month(each.month), money(each.revenue)]),
  )
  assert.deepEqual(complaints, [])
  await page.locator('#chart-revenue-by-month summary').click()
  await screenshot(page, 'reports-light', true)
  await close()
})

test('filters hold for all charts, stand in the address, and come back with it', async () => {
  const { page, complaints, close } = await openPage(browser, served.url)
  await loaded(page)
  const settled = (visits: number) =>
    page.waitForFunction(
      (count) => document.querySelector('#figure-visits .value')?.textContent === count,
      String(visits),
    )
  const choose = async (filters: Filters, act: () => Promise<unknown>): Promise<void> => {
    await act()
    await settled(expectedReport(visits, filters).figures.visits)
    await checkCharts(page, filters)
    assert.deepEqual(Object.fromEntries(new URL(page.url()).searchParams), { ...filters })
  }
  await choose({ department: 'Cardiology' }, () => page.selectOption('[name=department]', 'Cardiology'))
  const doctors = await page.$$eval('[name=doctor] option', (options) =>
    options.map((each) => each.textContent),
  )
  assert.deepEqual(doctors, ['All doctors', 'Ada Byron', 'Ewa Nowak'], 'doctors of the department alone')
  await choose({ department: 'Cardiology', doctor: '5' }, () => page.selectOption('[name=doctor]', '5'))
  await choose({ department: 'Cardiology', doctor: '5', from: '2025-06-01' }, () =>
    page.fill('[name=from]', '2025-06-01'),
  )
  const whole = { department: 'Cardiology', doctor: '5', from: '2025-06-01', to: '2025-12-31' }
  await choose(whole, () => page.fill('[name=to]', '2025-12-31'))
  const address = page.url()
  await choose({ from: '2025-06-01', to: '2025-12-31', department: 'Neurology' }, () =>
    page.selectOption('[name=department]', 'Neurology'),
  )
  await choose(whole, () => page.goBack())
  assert.equal(await page.inputValue('[name=doctor]'), '5')
  const link = await page.getByRole('link', { name: 'Patient journey' }).getAttribute('href')
  assert.deepEqual(
    Object.fromEntries(new URL(link!, address).searchParams),
    whole,
    'the other pages keep the choice',
  )
  await choose({}, () => page.click('button[type=reset]'))
  assert.deepEqual(complaints, [])
  await close()

  const again = await openPage(browser, address)
  await loaded(again.page)
  await checkCharts(again.page, whole)
  assert.equal(await again.page.inputValue('[name=department]'), 'Cardiology')
  await again.close()
})

test('a choice without visits says so in every chart, and a wrong one is refused plainly', async () => {
  const none = await openPage(browser, `${served.url}/?from=2031-01-01&to=2031-02-01`)
  await loaded(none.page)
  await checkCharts(none.page, { from: '2031-01-01', to: '2031-02-01' })
  await none.close()
  const wrong = await openPage(browser, `${served.url}/?from=yesterday`)
  await wrong.page.waitForSelector('#notice:not([hidden])')
  assert.match((await wrong.page.textContent('#notice')) ?? '', /can't be shown/)
  await wrong.close()
})
