import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Figures of README's table of one run of `npm run bench`. */
export interface Measured {
  debezium: number
  wholeWay: number
  relay: number
  changesPerObject: number
}

const number = (text: string): number => Number(text.replaceAll(',', ''))

/** Reads the figures from README's own table, so that nothing here can differ from it. Throws when one is missing. */
export function readMeasured(
  readme = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8'),
): Measured {
  const value = (name: string): number => {
    const found = new RegExp(`^\\| ${name} \\| ([\\d,]+) \\|`, 'm').exec(readme)?.[1]
    if (found === undefined) throw new RangeError(`README has no figure ${name}`)
    return number(found)
  }
  return {
    debezium: value('debeziumRowsPerSecond'),
    wholeWay: value('spineRowsPerSecond'),
    relay: value('relayChangesPerSecond'),
    changesPerObject: value('changesPerObject'),
  }
}

/** A large hospital: visits a day by changes a visit, as the simulator makes them. */
export const HOSPITAL = {
  visitsADay: 5000,
  changesAVisit: 5.1,
  peakFactor: 3,
  bytesAChange: 420,
  compression: 10,
}

/** How the relay cuts, and what the manifest allows: design and functions/manifest.ts. */
export const SETTINGS = {
  factTables: 3,
  mostChanges: 5000,
  cutsASecond: 4,
  lakeSinkInstances: 20,
  sinks: 2,
  loadsADay: 1000,
  loadGroupBytes: 32 * 1024 * 1024,
}

/** US dollars, us-central1. Where each comes from stands in docs/scale.md. */
export const PRICES = {
  pubsubTib: 40,
  pubsubLeastBytes: 1000,
  requestsMillion: 0.4,
  vcpuSecond: 0.000024,
  gibSecond: 0.0000025,
  writesThousand: 0.005,
  dataflowVcpuHour: 0.069,
  dataflowGibHour: 0.003557,
  streamingEngineGib: 0.018,
  bigqueryWriteGib: 0.025,
}

/** Seconds of an instance for one message, whatever it holds: an assumption, stated in docs/scale.md. */
export const SECONDS_A_MESSAGE = 0.05
