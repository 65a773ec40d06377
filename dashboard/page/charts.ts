import type { EChartsCoreOption } from 'echarts/core'
import type { Report } from '../reports/report.ts'
import { count, money, month, share } from './format.ts'
import * as options from './options.ts'
import type { Theme } from './theme.ts'

/** A chart of the page: what it is called, its numbers as a table, and how it is drawn. */
export interface ChartSpec {
  id: string
  title: string
  note: string
  size: 'half' | 'third' | 'two-thirds'
  /** Heads of the table of its numbers, and its rows. */
  heads: string[]
  rows(report: Report): string[][]
  draw(report: Report, theme: Theme): EChartsCoreOption
}

const byCount = <T extends { name: string }>(items: readonly T[], value: (item: T) => number) =>
  options.counts(items.map((item) => ({ name: item.name, value: value(item) })))
const listed = (items: readonly options.Item[]): string[][] => items.map(({ name, text }) => [name, text])

function simple(
  spec: Omit<ChartSpec, 'rows' | 'draw'>,
  items: (report: Report) => options.Item[],
  draw: (theme: Theme, items: readonly options.Item[]) => EChartsCoreOption,
): ChartSpec {
  return {
    ...spec,
    rows: (report) => listed(items(report)),
    draw: (report, theme) => draw(theme, items(report)),
  }
}

const horizontal = (color: number) => (theme: Theme, items: readonly options.Item[]) =>
  options.bars(theme, items, color)

export const charts: readonly ChartSpec[] = [
  simple(
    {
      id: 'revenue-by-month',
      title: 'Revenue by month',
      note: 'What visits cost, by the month of the visit',
      size: 'half',
      heads: ['Month', 'Revenue'],
    },
    ({ months }) =>
      options.amounts(months.map(({ month: text, revenue }) => ({ name: month(text), amount: revenue }))),
    options.columns,
  ),
  {
    id: 'visits-by-month',
    title: 'Visits and average cost',
    note: 'The average is over visits whose cost is known',
    size: 'half',
    heads: ['Month', 'Visits', 'Average cost'],
    rows: ({ months }) =>
      months.map((each) => [month(each.month), count(each.visits), money(each.averageCost)]),
    draw: ({ months }, theme) =>
      options.visitsAndAverage(
        theme,
        months.map(({ month: text, visits, averageCost }) => ({
          name: month(text),
          visits,
          average: averageCost === null ? null : Number(averageCost),
          averageText: money(averageCost),
        })),
      ),
  },
  simple(
    {
      id: 'revenue-by-doctor',
      title: 'Revenue by doctor',
      note: 'The ten doctors with the highest revenue',
      size: 'half',
      heads: ['Doctor', 'Revenue'],
    },
    ({ doctorsByRevenue }) =>
      options.amounts(doctorsByRevenue.map(({ name, revenue }) => ({ name, amount: revenue }))),
    horizontal(0),
  ),
  simple(
    {
      id: 'visits-by-doctor',
      title: 'Top doctors by visits',
      note: 'The ten doctors with most visits',
      size: 'half',
      heads: ['Doctor', 'Visits'],
    },
    ({ doctorsByVisits }) => byCount(doctorsByVisits, ({ visits }) => visits),
    horizontal(2),
  ),
  simple(
    {
      id: 'diagnoses',
      title: 'Distribution of diagnoses',
      note: 'The fifteen most frequent',
      size: 'half',
      heads: ['Diagnosis', 'Visits'],
    },
    ({ diagnoses }) => byCount(diagnoses, ({ visits }) => visits),
    horizontal(3),
  ),
  simple(
    {
      id: 'diagnosis-words',
      title: 'Words of diagnoses',
      note: 'The larger, the more visits',
      size: 'half',
      heads: ['Word', 'Visits'],
    },
    ({ words }) => byCount(words, ({ visits }) => visits),
    options.cloud,
  ),
  simple(
    {
      id: 'medicines',
      title: 'Most prescribed medicines',
      note: 'The fifteen prescribed most often',
      size: 'half',
      heads: ['Medicine', 'Prescriptions'],
    },
    ({ medicines }) => byCount(medicines, ({ prescriptions }) => prescriptions),
    horizontal(4),
  ),
  {
    id: 'payment-status',
    title: 'Payment status',
    note: 'Bills in money, by the day of the bill; Unpaid and Pending are outstanding',
    size: 'half',
    heads: ['Status', 'Bills', 'Amount', 'Share'],
    rows({ payments, figures }) {
      return payments.map(({ name, bills, amount }) => [
        name,
        count(bills),
        money(amount),
        share(Number(amount), Number(figures.billed)),
      ])
    },
    draw: ({ payments }, theme) => options.ring(theme, options.amounts(payments)),
  },
  simple(
    {
      id: 'patient-ages',
      title: 'Patient ages',
      note: 'Each patient once, at the latest chosen visit',
      size: 'third',
      heads: ['Age', 'Patients'],
    },
    ({ ages }) => byCount(ages, ({ patients }) => patients),
    options.columns,
  ),
  simple(
    {
      id: 'departments',
      title: 'Visits by department',
      note: 'The specialty of the doctor',
      size: 'third',
      heads: ['Department', 'Visits'],
    },
    ({ departments }) => byCount(departments, ({ visits }) => visits),
    horizontal(5),
  ),
  simple(
    {
      id: 'specializations',
      title: 'Specializations',
      note: 'Doctors of each, with or without visits in these days',
      size: 'third',
      heads: ['Specialization', 'Doctors'],
    },
    ({ specializations }) => byCount(specializations, ({ doctors }) => doctors),
    horizontal(6),
  ),
]

/** The figures above the charts. */
export function figuresOf({ figures }: Report): [id: string, title: string, value: string, note: string][] {
  return [
    ['visits', 'Visits', count(figures.visits), ''],
    ['patients', 'Patients', count(figures.patients), 'each once'],
    ['revenue', 'Revenue', money(figures.revenue), 'cost of visits'],
    ['average-cost', 'Average cost', money(figures.averageCost), 'of a visit'],
    ['billed', 'Billed', money(figures.billed), 'by the day of the bill'],
    [
      'outstanding',
      'Outstanding',
      money(figures.outstanding),
      `${share(Number(figures.outstanding), Number(figures.billed))} of billed`,
    ],
  ]
}
