import { BarChart, LineChart, PieChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components'
import * as echarts from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import 'echarts-wordcloud'
import type { Report } from '../reports/report.ts'
import { type ChartSpec, charts, figuresOf } from './charts.ts'
import { byId, h, show } from './dom.ts'
import { readTheme } from './theme.ts'

echarts.use([BarChart, LineChart, PieChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer])

interface Card {
  spec: ChartSpec
  plot: HTMLElement
  empty: HTMLElement
  numbers: HTMLElement
  chart: echarts.ECharts | undefined
}

/** Charts by id, for whoever looks at the page with a debugger or a test. */
export const drawn = new Map<string, echarts.ECharts>()
const cards: Card[] = []

function card(spec: ChartSpec): { element: HTMLElement; card: Card } {
  const plot = h('div', { class: 'plot', role: 'img' })
  const empty = h('p', { class: 'empty', hidden: true }, 'Nothing in this choice.')
  const numbers = h('table', {})
  const element = h(
    'figure',
    { class: `card ${spec.size}`, id: `chart-${spec.id}` },
    h('figcaption', {}, h('h2', {}, spec.title), h('p', { class: 'note' }, spec.note)),
    plot,
    empty,
    h('details', {}, h('summary', {}, 'Numbers'), h('div', { class: 'scroll' }, numbers)),
  )
  return { element, card: { spec, plot, empty, numbers, chart: undefined } }
}

/** Puts the empty cards onto the page. */
export function layCards(): void {
  const places = charts.map(card)
  cards.push(...places.map((each) => each.card))
  byId('charts').replaceChildren(...places.map(({ element }) => element))
  const resize = new ResizeObserver(() => {
    for (const { chart } of cards) chart?.resize()
  })
  for (const { plot } of cards) resize.observe(plot)
}

function table({ heads }: ChartSpec, rows: readonly string[][]): HTMLElement[] {
  const line = (cells: readonly string[]): HTMLElement =>
    h(
      'tr',
      {},
      ...cells.map((text, at) =>
        at === 0 ? h('th', { scope: 'row' }, text) : h('td', { class: 'number' }, text),
      ),
    )
  return [
    h('thead', {}, h('tr', {}, ...heads.map((text) => h('th', { scope: 'col' }, text)))),
    h('tbody', {}, ...rows.map(line)),
  ]
}

/** Draws all figures and charts. */
export function drawReport(report: Report): void {
  show(
    byId('figures'),
    ...figuresOf(report).map(([id, title, value, note]) =>
      h(
        'div',
        { class: 'figure', id: `figure-${id}` },
        h('p', { class: 'title' }, title),
        h('p', { class: 'value' }, value),
        h('p', { class: 'note' }, note),
      ),
    ),
  )
  const theme = readTheme()
  for (const each of cards) {
    const { spec, plot, empty, numbers } = each
    const rows = spec.rows(report)
    const nothing = rows.length === 0
    plot.hidden = nothing
    empty.hidden = !nothing
    plot.setAttribute(
      'aria-label',
      `${spec.title}: ${rows
        .slice(0, 3)
        .map((cells) => cells.join(' '))
        .join('; ')}`,
    )
    numbers.replaceChildren(...table(spec, rows))
    if (nothing) {
      each.chart?.dispose()
      each.chart = undefined
      drawn.delete(spec.id)
      continue
    }
    each.chart ??= echarts.init(plot)
    drawn.set(spec.id, each.chart)
    each.chart.setOption(spec.draw(report, theme), { notMerge: true })
  }
}
