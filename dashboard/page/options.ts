import type { EChartsCoreOption } from 'echarts/core'
import { count, money, short } from './format.ts'
import type { Theme } from './theme.ts'

export interface Item {
  name: string
  value: number
  /** The value as it is said and listed. */
  text: string
}

const base = ({ text, animate, colors, font }: Theme): EChartsCoreOption => ({
  color: colors,
  textStyle: { color: text, fontFamily: font },
  animation: animate,
  animationDuration: 250,
  animationDurationUpdate: 250,
})

const tip = ({ card, line, text }: Theme) => ({
  backgroundColor: card,
  borderColor: line,
  textStyle: { color: text },
  confine: true,
})

const axis = ({ muted, line }: Theme) => ({
  axisLabel: { color: muted },
  axisLine: { lineStyle: { color: line } },
  axisTick: { show: false },
  splitLine: { lineStyle: { color: line, opacity: 0.6 } },
})

/** Values beside each other in their order, such as months. */
export function columns(theme: Theme, items: readonly Item[]): EChartsCoreOption {
  return {
    ...base(theme),
    grid: { left: 4, right: 8, top: 16, bottom: 4, containLabel: true },
    tooltip: {
      ...tip(theme),
      trigger: 'item',
      formatter: ({ dataIndex }: { dataIndex: number }) => said(items[dataIndex]!),
    },
    xAxis: {
      type: 'category',
      data: items.map(({ name }) => name),
      ...axis(theme),
      splitLine: { show: false },
    },
    yAxis: { type: 'value', ...axis(theme), axisLabel: { color: theme.muted, formatter: short } },
    series: [
      {
        type: 'bar',
        barMaxWidth: 44,
        itemStyle: { borderRadius: [4, 4, 0, 0] },
        data: items.map(({ value }) => value),
      },
    ],
  }
}

/** The largest first, from top to bottom, with room for long names. */
export function bars(theme: Theme, items: readonly Item[], color: number): EChartsCoreOption {
  return {
    ...base(theme),
    grid: { left: 4, right: 64, top: 4, bottom: 4, containLabel: true },
    tooltip: {
      ...tip(theme),
      trigger: 'item',
      formatter: ({ dataIndex }: { dataIndex: number }) => said(items[dataIndex]!),
    },
    xAxis: { type: 'value', axisLabel: { show: false }, splitLine: { show: false } },
    yAxis: {
      type: 'category',
      inverse: true,
      data: items.map(({ name }) => name),
      ...axis(theme),
      axisLabel: { color: theme.text, width: 190, overflow: 'truncate' },
    },
    series: [
      {
        type: 'bar',
        barMaxWidth: 22,
        itemStyle: { color: theme.colors[color], borderRadius: [0, 4, 4, 0] },
        label: {
          show: true,
          position: 'right',
          color: theme.text,
          formatter: ({ dataIndex }: { dataIndex: number }) => brief(items[dataIndex]!),
        },
        data: items.map(({ value }) => value),
      },
    ],
  }
}

/** Parts of a whole. Each is named beside its slice, so that colour alone says nothing. */
export function ring(theme: Theme, items: readonly Item[]): EChartsCoreOption {
  return {
    ...base(theme),
    tooltip: {
      ...tip(theme),
      trigger: 'item',
      formatter: ({ dataIndex }: { dataIndex: number }) => said(items[dataIndex]!),
    },
    series: [
      {
        type: 'pie',
        radius: ['42%', '68%'],
        itemStyle: { borderColor: theme.card, borderWidth: 2 },
        label: { color: theme.text, lineHeight: 17, formatter: '{b}\n{d}%' },
        labelLine: { lineStyle: { color: theme.muted } },
        data: items.map(({ name, value }) => ({ name, value })),
      },
    ],
  }
}

export interface MonthItem {
  name: string
  visits: number
  average: number | null
  averageText: string
}

/** Visits as columns and their average cost as a line, each on an axis of its own. */
export function visitsAndAverage(theme: Theme, months: readonly MonthItem[]): EChartsCoreOption {
  const { muted, text, colors } = theme
  const named = (name: string) => ({ name, nameTextStyle: { color: muted } })
  return {
    ...base(theme),
    grid: { left: 4, right: 8, top: 52, bottom: 4, containLabel: true },
    legend: { top: 0, textStyle: { color: text } },
    tooltip: {
      ...tip(theme),
      trigger: 'axis',
      formatter: (points: { dataIndex: number }[]) => {
        const { name, visits, averageText } = months[points[0]!.dataIndex]!
        return escaped(`${name}: ${count(visits)} visits, average cost ${averageText}`)
      },
    },
    xAxis: {
      type: 'category',
      data: months.map(({ name }) => name),
      ...axis(theme),
      splitLine: { show: false },
    },
    yAxis: [
      { type: 'value', ...named('Visits'), ...axis(theme), axisLabel: { color: muted, formatter: short } },
      {
        type: 'value',
        ...named('Average cost'),
        ...axis(theme),
        axisLabel: { color: muted, formatter: short },
        splitLine: { show: false },
      },
    ],
    series: [
      {
        name: 'Visits',
        type: 'bar',
        barMaxWidth: 44,
        itemStyle: { color: colors[0], borderRadius: [4, 4, 0, 0] },
        data: months.map(({ visits }) => visits),
      },
      {
        name: 'Average cost',
        type: 'line',
        yAxisIndex: 1,
        symbolSize: 7,
        lineStyle: { width: 3 },
        itemStyle: { color: colors[1] },
        data: months.map(({ average }) => average),
      },
    ],
  }
}

/** Words by how often their diagnoses were made. */
export function cloud(theme: Theme, items: readonly Item[]): EChartsCoreOption {
  return {
    ...base(theme),
    tooltip: { ...tip(theme), formatter: ({ dataIndex }: { dataIndex: number }) => said(items[dataIndex]!) },
    series: [
      {
        type: 'wordCloud',
        width: '100%',
        height: '100%',
        sizeRange: [13, 46],
        rotationRange: [0, 0],
        gridSize: 6,
        shrinkToFit: true,
        layoutAnimation: false,
        textStyle: { fontFamily: theme.font, fontWeight: 600 },
        data: items.map(({ name, value }, index) => ({
          name,
          value,
          textStyle: { color: theme.colors[index % theme.colors.length] },
        })),
      },
    ],
  }
}

/** Short amounts and counts as they are, long ones in thousands. */
const brief = ({ text, value }: Item): string => (text.length <= 6 ? text : short(value))
const said = ({ name, text }: Item): string => escaped(`${name}: ${text}`)
/** Tooltips are HTML, and names come from a database. */
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

export const counts = (items: readonly { name: string; value: number }[]): Item[] =>
  items.map(({ name, value }) => ({ name, value, text: count(value) }))
export const amounts = (items: readonly { name: string; amount: string }[]): Item[] =>
  items.map(({ name, amount }) => ({ name, value: Number(amount), text: money(amount) }))
