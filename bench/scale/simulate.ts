import { HOSPITAL, type Measured, PRICES, SECONDS_A_MESSAGE, SETTINGS } from './facts.ts'

const DAY = 86_400
const MONTH_DAYS = 30

export interface Stage {
  name: string
  /** Changes a second. */
  capacity: number
}

export interface StageResult {
  name: string
  /** Highest share of the capacity that was asked for. */
  load: number
  mostBacklog: number
  /** Longest time that a change waits, seconds. */
  delay: number
  /** Whether the day ends with nothing left. */
  keepsUp: boolean
}

/** Share of a day's changes in each minute: quiet nights and one peak, `peakFactor` times the average. */
export function dayCurve(peakFactor: number): number[] {
  const width = 1440 / (peakFactor * Math.sqrt(2 * Math.PI))
  const shape = Array.from({ length: 1440 }, (_, minute) =>
    Math.exp(-((minute - 660) ** 2) / (2 * width ** 2)),
  )
  const sum = shape.reduce((total, each) => total + each, 0)
  return shape.map((each) => each / sum)
}

/** One day, minute by minute: what a stage can't take waits in front of it, and the next gets what it let through. */
export function simulateDay(
  changesADay: number,
  stages: readonly Stage[],
  curve = dayCurve(HOSPITAL.peakFactor),
): StageResult[] {
  let arriving = curve.map((share) => share * changesADay)
  return stages.map(({ name, capacity }) => {
    const most = capacity * 60
    let backlog = 0
    let mostBacklog = 0
    let load = 0
    const leaving: number[] = []
    for (const each of arriving) {
      load = Math.max(load, each / most)
      const passed = Math.min(backlog + each, most)
      backlog += each - passed
      mostBacklog = Math.max(mostBacklog, backlog)
      leaving.push(passed)
    }
    arriving = leaving
    return { name, load, mostBacklog, delay: mostBacklog / capacity, keepsUp: backlog < 1 }
  })
}

/** Stages of the way by functions. */
export function functionStages({ debezium, relay, wholeWay }: Measured): Stage[] {
  const bytes = HOSPITAL.bytesAChange / HOSPITAL.compression
  const { loadsADay, loadGroupBytes, factTables, lakeSinkInstances } = SETTINGS
  return [
    { name: 'Debezium, one task', capacity: debezium },
    { name: 'relay, one process', capacity: relay },
    // The whole way's rate on two cores is the least that one instance of lake-sink can do.
    { name: 'lake-sink', capacity: wholeWay * lakeSinkInstances },
    { name: 'loaders', capacity: (factTables * loadsADay * (loadGroupBytes / bytes)) / DAY },
  ]
}

/** Messages of a day: a table's batch is cut four times a second, or when it is full, and is never empty. */
export function messagesADay(changesADay: number, curve = dayCurve(HOSPITAL.peakFactor)): number {
  const { factTables, cutsASecond, mostChanges } = SETTINGS
  return curve.reduce((total, share) => {
    const rate = (share * changesADay) / 60 / factTables
    return total + 60 * factTables * Math.max(Math.min(rate, cutsASecond), rate / mostChanges)
  }, 0)
}

/** Dollars a month of what carries changes into the lake and the log: by functions, and by two streaming jobs. */
export function costs(changesADay: number): { functions: number; dataflow: number } {
  const messages = messagesADay(changesADay) * MONTH_DAYS
  const changes = changesADay * MONTH_DAYS
  const gib = (changes * HOSPITAL.bytesAChange) / 2 ** 30
  const bytesAMessage = Math.max(
    PRICES.pubsubLeastBytes,
    (changes * HOSPITAL.bytesAChange) / HOSPITAL.compression / messages,
  )
  const pubsub = (copies: number) => (messages * bytesAMessage * copies * PRICES.pubsubTib) / 2 ** 40
  const seconds = messages * SECONDS_A_MESSAGE + changes / 15_000
  const functions =
    pubsub(1 + SETTINGS.sinks) +
    (messages * SETTINGS.sinks * PRICES.requestsMillion) / 1e6 +
    seconds * SETTINGS.sinks * (PRICES.vcpuSecond + PRICES.gibSecond) +
    (messages * PRICES.writesThousand) / 1000
  const peak = (changesADay / DAY) * HOSPITAL.peakFactor
  // A worker of two processors is taken to do 10,000 changes a second; one runs in any case.
  const workers = Math.max(1, Math.ceil(peak / 10_000))
  const hours = 24 * MONTH_DAYS * workers
  const job =
    hours * (2 * PRICES.dataflowVcpuHour + 8 * PRICES.dataflowGibHour) + gib * PRICES.streamingEngineGib
  return { functions, dataflow: 2 * job + pubsub(3) + gib * PRICES.bigqueryWriteGib }
}
