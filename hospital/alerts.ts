import { z } from 'zod'
import { PipelineError } from './errors.ts'
import { SEQUENCE_PATTERN } from './sequence.ts'

export const SEVERITIES = ['moderate', 'major', 'contraindicated'] as const
export type Severity = (typeof SEVERITIES)[number]

/** One word of an alert: that it stands, or that it stands no more. Of an alert the highest `version` counts. */
export interface Alert {
  alertId: string
  state: 'raised' | 'retracted'
  severity: Severity
  /** A sequence of changes and four more digits; comparing strings orders. */
  version: string
  /** When the change that caused it was committed, UTC. */
  at: string
}

const VERSION = new RegExp(`${SEQUENCE_PATTERN.source.slice(0, -1)}/[0-9a-f]{4}$`)
const schema = z.object({
  alertId: z.string().regex(/^[0-9]{1,19}-[0-9]{1,19}-[a-z][a-z0-9 -]{0,100}$/),
  state: z.enum(['raised', 'retracted']),
  severity: z.enum(SEVERITIES),
  version: z.string().regex(VERSION),
  at: z.iso.datetime(),
})
const PREFIX = 'alerts/interaction/'
const NAME =
  /^alerts\/interaction\/date=(\d{8})\/([a-z0-9_-]+)\.([0-9a-f]{16})-([0-9a-f]{16})-([0-9a-f]{4})-([0-9a-f]{4})\.(raised|retracted)\.(moderate|major|contraindicated)\.json$/

/** Where alerts lie in the lake; of one day, YYYYMMDD, with it. */
export function alertsPrefix(day?: string): string {
  return day === undefined ? PREFIX : `${PREFIX}date=${day}/`
}

/** Reads a message of the alerts' topic. Throws MESSAGE_NOT_OURS that names fields and no values. */
export function readAlert(data: Buffer, attributes: Readonly<Record<string, string>>): Alert {
  const wrong = (why: string): PipelineError => new PipelineError('MESSAGE_NOT_OURS', { alert: why })
  let body: unknown
  try {
    body = JSON.parse(data.toString('utf8'))
  } catch {
    throw wrong('is no JSON')
  }
  const result = schema.safeParse(body)
  if (!result.success)
    throw wrong([...new Set(result.error.issues.map(({ path }) => path.join('.')))].join(', '))
  const alert = result.data
  const differs = (Object.keys(alert) as (keyof Alert)[]).filter((name) => attributes[name] !== alert[name])
  if (attributes.kind !== 'interaction' || differs.length > 0)
    throw wrong(`attributes differ: ${differs.join(', ') || 'kind'}`)
  return alert
}

/** The lake object of one word of an alert: the same word always has the same name. */
export function alertName({ alertId, state, severity, version, at }: Alert): string {
  const day = at.slice(0, 10).replaceAll('-', '')
  const id = alertId.replaceAll(' ', '_')
  return `${alertsPrefix(day)}${id}.${version.replaceAll('/', '-')}.${state}.${severity}.json`
}

/** What the name of an alert's object says; undefined for a name that is none. */
export function parseAlertName(name: string): (Omit<Alert, 'at'> & { day: string }) | undefined {
  const match = NAME.exec(name)
  if (!match) return undefined
  const [, day, id, commit, lsn, ordinal, count, state, severity] = match as unknown as string[]
  return {
    day: day!,
    alertId: id!.replaceAll('_', ' '),
    version: [commit, lsn, ordinal, count].join('/'),
    state: state as Alert['state'],
    severity: severity as Severity,
  }
}

/** Alerts that stand, by severity, of the words that are there: of each alert its newest one counts. */
export function countStanding(
  words: Iterable<Pick<Alert, 'alertId' | 'state' | 'severity' | 'version'>>,
): Record<Severity, number> {
  const newest = new Map<string, { state: string; severity: Severity; version: string }>()
  for (const word of words) {
    const known = newest.get(word.alertId)
    if (known === undefined || word.version > known.version) newest.set(word.alertId, word)
  }
  const counts = { moderate: 0, major: 0, contraindicated: 0 }
  for (const { state, severity } of newest.values()) if (state === 'raised') counts[severity] += 1
  return counts
}
