import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Browser, Page } from 'playwright-core'

const screenshots = join(dirname(dirname(import.meta.dirname)), '.local', 'screenshots')

export interface Viewer {
  width?: number
  height?: number
  scheme?: 'light' | 'dark'
  touch?: boolean
}

/** A page in a context of its own that fails a test by what it complains of: `complaints` must stay empty. */
export async function openPage(browser: Browser, url: string, viewer: Viewer = {}) {
  const { width = 1360, height = 900, scheme = 'light', touch = false } = viewer
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    hasTouch: touch,
    reducedMotion: 'reduce',
    timezoneId: 'UTC',
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text())
  })
  await page.goto(url)
  return { page, complaints, close: () => context.close() }
}

/** Waits until the numbers of the page are those of its address. */
export async function loaded(page: Page): Promise<void> {
  await page.waitForSelector('html[data-loaded]')
}

interface Drawn {
  names: string[]
  values: (number | null)[]
  /** Of a second series. */
  others: (number | null)[]
}

type Point = number | null | { name: string; value: number | null }
interface DrawnOption {
  series: { data: Point[] }[]
  xAxis?: { type: string; data: string[] }[]
  yAxis?: { type: string; data: string[] }[]
}

/** What a chart has drawn, as the chart itself says. Undefined where none is drawn. */
export async function drawnBy(page: Page, id: string): Promise<Drawn | undefined> {
  const option = await page.evaluate((chart) => {
    type Charts = Map<string, { getOption(): unknown }>
    const { charts } = (globalThis as unknown as { hospital: { charts: Charts } }).hospital
    // Functions in it can't leave the page, and say nothing about the numbers.
    return JSON.stringify(charts.get(chart)?.getOption() ?? null)
  }, id)
  const drawn = JSON.parse(option) as DrawnOption | null
  if (!drawn) return undefined
  const [first, second] = drawn.series
  const value = (point: Point): number | null =>
    point !== null && typeof point === 'object' ? point.value : point
  const axis = [...(drawn.xAxis ?? []), ...(drawn.yAxis ?? [])].find(({ type }) => type === 'category')
  const named = (point: Point): string => (point !== null && typeof point === 'object' ? point.name : '')
  return {
    names: axis ? axis.data : first!.data.map(named),
    values: first!.data.map(value),
    others: (second?.data ?? []).map(value),
  }
}

/** Texts of all cells of a table below an element, line by line. */
export async function cellsOf(page: Page, selector: string): Promise<string[][]> {
  return page.$$eval(`${selector} tbody tr`, (lines) =>
    lines.map((line) => [...line.children].map((cell) => cell.textContent ?? '')),
  )
}

/** Keeps a picture for people; CI stores the folder. */
export async function screenshot(page: Page, name: string, fullPage = false): Promise<void> {
  mkdirSync(screenshots, { recursive: true })
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage })
}
