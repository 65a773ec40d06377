import { PipelineError } from '@pipeline/hospital/errors.ts'
import { z } from 'zod'

export interface Progress {
  seconds: number
  /** Operations written, without the first filling of the dimensions. */
  changes: number
  changesPerSecond: number
  /** Changes that the database was too slow for and that will not be caught up. */
  skipped: number
  /** `behind`: slower than asked. `waiting`: no connection to the database. */
  state: 'on time' | 'behind' | 'waiting'
}

const schema = z.strictObject({
  databaseUrl: z.string().regex(/^postgres(ql)?:\/\//, { error: 'has to begin with postgres://' }),
  /** How visits, prescriptions and bills travel: by SQL, or as events through Kafka and oltp-sink. */
  via: z.enum(['sql', 'events']).default('sql'),
  /** Where events go. */
  kafkaBrokers: z.array(z.string().min(1)).min(1).optional(),
  /** Changes a second. */
  rate: z.number().positive().max(1_000_000),
  /** Stops after so long, or after so many changes, or by the signal. */
  seconds: z.number().positive().optional(),
  changes: z.int().positive().optional(),
  seed: z.int().min(0),
  signal: z.instanceof(AbortSignal).optional(),
  onProgress: z.custom<(progress: Progress) => void>((value) => typeof value === 'function').optional(),
  /** Time between two transactions. */
  tickMs: z.number().min(10).max(10_000).default(100),
  /** How long to keep trying a transaction whose connections are lost. */
  patienceSeconds: z.number().min(0).default(60),
  /** Sizes of the dimensions where they are empty. */
  doctors: z.int().min(1).max(5000).default(40),
  patients: z.int().min(1).max(20_000).default(500),
  /** First day of the hospital's clock; it spreads the changes over a year that ends today. */
  startDate: z.iso.date().optional(),
})

export type ProduceOptions = z.input<typeof schema>
export type Settings = z.output<typeof schema>

/** Checks the options. An error names them and what is wrong, without the value: the address holds a password. */
export function readOptions(options: ProduceOptions): Settings {
  const result = schema.safeParse(options)
  if (result.success) {
    const { via, kafkaBrokers } = result.data
    if (via === 'sql' || kafkaBrokers !== undefined) return result.data
    throw new PipelineError('SETTING_INVALID', { problem: 'kafkaBrokers: needed for events' })
  }
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'options'}: ${message}`,
  )
  throw new PipelineError('SETTING_INVALID', { problem: problems.join('; ') })
}

const OPEN_END_SECONDS = 3600

/** About how many changes will come: without an end, an hour's worth fills the year. */
export function plannedChanges({ rate, seconds, changes }: Settings): number {
  return Math.max(1, Math.min(changes ?? Number.POSITIVE_INFINITY, rate * (seconds ?? OPEN_END_SECONDS)))
}
