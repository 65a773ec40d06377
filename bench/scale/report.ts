import { HOSPITAL, type Measured, readMeasured } from './facts.ts'
import { costs, functionStages, messagesADay, simulateDay } from './simulate.ts'

/** One hospital, ten, a thousand, and where the way by functions ends. */
export const TIMES = [1, 10, 1000, 20_000, 100_000] as const

const rounded = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value >= 10 ? value.toFixed(0) : value.toFixed(1)

function waiting(seconds: number): string {
  if (seconds < 1) return 'none'
  return seconds < 120 ? `${Math.round(seconds)} s` : `${rounded(seconds / 3600)} h`
}

/** The tables of docs/scale.md, as they are there. */
export function report(measured: Measured = readMeasured()): string {
  const aDay = HOSPITAL.visitsADay * HOSPITAL.changesAVisit
  const lines = [
    '| load | changes a day | at the peak, a second | messages a day | fullest stage | waits at most | functions, $ a month | Dataflow, $ a month |',
    '|---|---|---|---|---|---|---|---|',
  ]
  for (const times of TIMES) {
    const changes = aDay * times
    const stages = simulateDay(changes, functionStages(measured))
    const fullest = stages.reduce((most, each) => (each.load > most.load ? each : most))
    const delay = stages.reduce((sum, each) => sum + each.delay, 0)
    const late = stages.some(({ keepsUp }) => !keepsUp) ? ', never done' : ''
    const { functions, dataflow } = costs(changes)
    lines.push(
      `| ${times.toLocaleString('en')} times | ${rounded(changes)} | ${rounded((changes / 86_400) * HOSPITAL.peakFactor)} | ${rounded(messagesADay(changes))} | ${fullest.name}, ${rounded(fullest.load * 100)} % | ${waiting(delay)}${late} | ${rounded(functions)} | ${rounded(dataflow)} |`,
    )
  }
  const limits = functionStages(measured).map(
    ({ name, capacity }) =>
      `| ${name} | ${rounded(capacity)} | ${rounded((capacity * 86_400) / HOSPITAL.peakFactor / aDay)} times |`,
  )
  return [
    ...lines,
    '',
    '| stage | changes a second | full at the peak of |',
    '|---|---|---|',
    ...limits,
  ].join('\n')
}

if (import.meta.main) console.log(report())
