import { gcsLake } from '@pipeline/functions/lake/gcs.ts'
import { alertsPrefix, countStanding, parseAlertName, type Severity } from '@pipeline/hospital/alerts.ts'
import { stackBucket } from '../stack-bucket.ts'
import type { StackFile } from '../stack-file.ts'

export interface AlertsReport {
  /** Alerts that stand, by severity. */
  standing: Record<Severity, number>
  /** The newest words first, as the names of their objects have them. */
  newest: { alertId: string; state: string; severity: Severity; day: string }[]
}

const NEWEST = 5
const DAYS = 31

/** Alerts of the last month in the lake; null when the lake does not answer. */
export async function readAlerts(stack: StackFile, now = new Date()): Promise<AlertsReport | null> {
  const lake = gcsLake(stackBucket(stack))
  const since = new Date(now.getTime() - DAYS * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '')
  const words: (NonNullable<ReturnType<typeof parseAlertName>> & { storedAt: string })[] = []
  try {
    for await (const page of lake.list(alertsPrefix())) {
      for (const { name, storedAt } of page) {
        const word = parseAlertName(name)
        if (word && word.day >= since) words.push({ ...word, storedAt })
      }
    }
  } catch {
    return null
  }
  const newest = words.toSorted((a, b) => b.storedAt.localeCompare(a.storedAt)).slice(0, NEWEST)
  return {
    standing: countStanding(words),
    newest: newest.map(({ alertId, state, severity, day }) => ({ alertId, state, severity, day })),
  }
}

/** One line for the terminal, and one for each of the newest words. */
export function alertLines(alerts: AlertsReport | null): [hop: string, state: string][] {
  if (alerts === null) return [['interaction alerts', 'the lake does not answer']]
  const parts = Object.entries(alerts.standing).filter(([, count]) => count > 0)
  const standing =
    parts.length === 0 ? 'none stands' : parts.map(([name, count]) => `${count} ${name}`).join(', ')
  return [
    ['interaction alerts', standing],
    ...alerts.newest.map(({ alertId, state, severity }): [string, string] => {
      const [one, other, ...ingredients] = alertId.split('-')
      return [
        '  alert',
        `${state}, ${severity}: prescriptions ${one} and ${other} (${ingredients.join('-')})`,
      ]
    }),
  ]
}
