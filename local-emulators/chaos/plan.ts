import { Random } from '@pipeline/hospital/simulator/random.ts'

/** The stores that a fault proxy stands before. */
export type Place = 'gcs' | 'clickhouse'

/** What a fault proxy does to a share of the requests while it lasts. */
export type Disturbance = { rate: number } & (
  | { kind: 'errors'; status: 429 | 500 | 503 }
  /** The connection ends before the store has the request, or when it has done it and its answer is on the way. */
  | { kind: 'cut'; when: 'before' | 'after' }
  /** The request waits so long before it goes to the store, whether its sender is still there or not. */
  | { kind: 'hold'; heldMs: number }
)

export type Fault = { atMs: number } & (
  | { kind: 'kill'; part: string }
  | { kind: 'disturb'; where: Place; how: Disturbance; forMs: number }
  /** Calls to Pub/Sub that fail with this gRPC code. */
  | { kind: 'refuse'; rate: number; code: string; forMs: number }
  /** Calls to Pub/Sub that take so long; above 5 s the first of the client's time-outs is over. */
  | { kind: 'slow'; latencyMs: number; forMs: number }
  /** The relay's clock jumps, forth or back. */
  | { kind: 'clock'; byMs: number }
)

/** How Pub/Sub delivers all the while. */
export interface Weather {
  duplicateRate: number
  shuffle: boolean
  pushDelayMs: number
  lostAnswerRate: number
}

export interface Plan {
  seed: number
  streamMs: number
  /** Changes a second by SQL, and by events. */
  sqlRate: number
  eventRate: number
  weather: Weather
  /** In the order of their moments. */
  faults: Fault[]
}

const SINKS = ['lake-sink', 'clickhouse-sink', 'oltp-sink'] as const
const LOADERS = ['load-dimensions', 'load-facts'] as const
const EMULATORS = ['pubsub', 'gcs', 'clickhouse'] as const
const PLACES = ['gcs', 'clickhouse'] as const
const MINUTE = 60_000
const FARTHEST_JUMP = 6 * 60 * MINUTE
/** Beyond the chaos stack's acknowledgement deadline of 10 s: Pub/Sub has given up before the store gets it. */
const HELD_MS = { least: 10_500, most: 12_000 }

/** The relay is killed until then, and its clock jumps back once more much later: no new process makes up for that. */
const LAST_RELAY_KILL = 0.6
const LAST_JUMP = 0.9

/** The faults of a seed: each kind in each plan; victims, moments and sizes as the seed draws them. Same seed, same plan. */
export function planOf(seed: number, streamMs = 12_000): Plan {
  const random = new Random(seed)
  const between = (low: number, high: number): number => low + random.next() * (high - low)
  const at = (from = 0.05, to = 0.95): number => Math.round(streamMs * between(from, to))
  const share = (low: number, high: number): number => Math.round(between(low, high) * 100) / 100
  const kill = (part: string): Fault => {
    const last = part === 'relay' || part === 'pubsub' ? LAST_RELAY_KILL : 0.95
    return { atMs: at(0.1, last), kind: 'kill', part }
  }
  const disturb = (where: Place, how: Disturbance): Extract<Fault, { kind: 'disturb' }> => ({
    atMs: at(0.05, 0.85),
    kind: 'disturb',
    where,
    how,
    forMs: random.int(700, 2_500),
  })
  const jump = (sign: 1 | -1, from = 0.05, to = 0.95): Fault => {
    const byMs = sign * Math.round(MINUTE * (FARTHEST_JUMP / MINUTE) ** random.next())
    return { atMs: at(from, to), kind: 'clock', byMs }
  }
  const weather: Weather = {
    duplicateRate: share(0.05, 0.3),
    shuffle: true,
    pushDelayMs: random.int(100, 1_500),
    lostAnswerRate: share(0.02, 0.15),
  }
  const faults: Fault[] = [
    ...SINKS.map(kill),
    kill(random.pick(LOADERS)),
    kill('relay'),
    kill('relay'),
    kill(EMULATORS[seed % EMULATORS.length]!),
    ...PLACES.map((where) =>
      disturb(where, { kind: 'errors', rate: share(0.3, 1), status: random.pick([429, 500, 503] as const) }),
    ),
    ...(['before', 'after'] as const).map((when) =>
      disturb(random.pick(PLACES), { kind: 'cut', rate: share(0.2, 0.8), when }),
    ),
    {
      ...disturb(random.pick(PLACES), {
        kind: 'hold',
        rate: share(0.1, 0.4),
        heldMs: random.int(HELD_MS.least, HELD_MS.most),
      }),
      atMs: at(0.3, 0.7),
    },
    {
      atMs: at(0.05, 0.85),
      kind: 'refuse',
      rate: share(0.3, 1),
      code: random.pick(['UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'INTERNAL', 'ABORTED']),
      forMs: random.int(700, 2_500),
    },
    { atMs: at(0.05, 0.7), kind: 'slow', latencyMs: random.int(300, 7_000), forMs: random.int(500, 1_500) },
    jump(1, 0.05, 0.8),
    jump(-1, LAST_JUMP, 0.99),
    // Long and partial, so that of what belongs together some goes through and some does not.
    {
      ...disturb('clickhouse', { kind: 'errors', rate: share(0.4, 0.6), status: 500 }),
      forMs: random.int(2_000, 4_000),
    },
    ...(random.chance(0.5) ? [jump(random.pick([1, -1] as const))] : []),
    ...(random.chance(0.3) ? [kill(random.pick([...SINKS, ...LOADERS, 'relay', 'dead-letter-sink']))] : []),
  ]
  return {
    seed,
    streamMs,
    sqlRate: random.int(150, 350),
    eventRate: random.int(60, 150),
    weather,
    faults: faults.sort((a, b) => a.atMs - b.atMs),
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
const percent = (rate: number): string => `${Math.round(rate * 100)} %`

function spanOf(ms: number): string {
  const minutes = Math.abs(ms) / MINUTE
  return minutes < 120 ? `${minutes.toFixed(0)} minutes` : `${(minutes / 60).toFixed(1)} hours`
}

function describeDisturbance(how: Disturbance): string {
  const some = `${percent(how.rate)} of requests`
  switch (how.kind) {
    case 'errors':
      return `answers ${how.status} to ${some}`
    case 'cut':
      return how.when === 'before'
        ? `drops the connection of ${some}`
        : `does ${some} and drops the connection instead of answering`
    case 'hold':
      return `holds ${some} for ${seconds(how.heldMs)}`
  }
}

/** A fault in words, without its moment. */
export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case 'kill':
      return `${fault.part} is killed`
    case 'disturb':
      return `${fault.where} ${describeDisturbance(fault.how)} for ${seconds(fault.forMs)}`
    case 'refuse':
      return `pubsub fails ${percent(fault.rate)} of calls with ${fault.code} for ${seconds(fault.forMs)}`
    case 'slow':
      return `pubsub takes ${seconds(fault.latencyMs)} for a call for ${seconds(fault.forMs)}`
    case 'clock':
      return `the relay's clock jumps ${fault.byMs > 0 ? 'forth' : 'back'} by ${spanOf(fault.byMs)}`
  }
}

/** A plan in words, one line a fault. */
export function describePlan({ seed, streamMs, sqlRate, eventRate, weather, faults }: Plan): string {
  return [
    `seed ${seed}: ${seconds(streamMs)} of ${sqlRate} changes a second by SQL and ${eventRate} by events; Pub/Sub delivers ` +
      `${percent(weather.duplicateRate)} twice, in any order, up to ${seconds(weather.pushDelayMs)} late, ` +
      `and loses ${percent(weather.lostAnswerRate)} of answers`,
    ...faults.map((fault) => `  at ${seconds(fault.atMs).padStart(6)} ${describeFault(fault)}`),
  ].join('\n')
}
