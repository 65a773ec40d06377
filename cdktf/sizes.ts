import type { Settings } from './settings.ts'

export interface Size {
  vm: string
  /** Memory of the parts on the VM, MiB. */
  memoryMiB: { redpanda: number; connect: number; relay: number; guard: number; clickhouse: number }
  diskGb: number
  sqlTier: string
  sqlAvailability: 'ZONAL' | 'REGIONAL'
  sqlDiskGb: number
  /** What PostgreSQL keeps at most for a reader that is away, MB; then the slot is lost and all is read again. */
  slotKeepMb: number
  /** What the monthly estimate takes for granted. */
  use: Use
}

/** How much a hospital of a size does. */
export interface Use {
  changesADay: number
  /** Fewer when little happens: a message is sent after 250 ms at the latest. */
  changesAMessage: number
  /** Rows in PostgreSQL, which every nightly export holds. */
  rows: number
  /** What dbt and reports read in BigQuery, TiB a month. */
  queriedTib: number
  /** Log of functions and VM, GiB a month. */
  logGib: number
}

/** What the choices of size mean. Everything that grows by itself (functions, lake, BigQuery) is not here. */
export const sizes: Record<Settings['size'], Size> = {
  demo: {
    vm: 'e2-standard-4',
    memoryMiB: { redpanda: 4096, connect: 1024, relay: 768, guard: 256, clickhouse: 4096 },
    diskGb: 100,
    sqlTier: 'db-custom-1-3840',
    sqlAvailability: 'ZONAL',
    sqlDiskGb: 20,
    slotKeepMb: 8_192,
    use: { changesADay: 100_000, changesAMessage: 20, rows: 1_000_000, queriedTib: 0.5, logGib: 5 },
  },
  standard: {
    vm: 'n2-standard-8',
    memoryMiB: { redpanda: 8192, connect: 2048, relay: 1024, guard: 256, clickhouse: 12_288 },
    diskGb: 500,
    sqlTier: 'db-custom-4-16384',
    sqlAvailability: 'REGIONAL',
    sqlDiskGb: 100,
    slotKeepMb: 51_200,
    use: { changesADay: 5_000_000, changesAMessage: 500, rows: 50_000_000, queriedTib: 10, logGib: 40 },
  },
  large: {
    vm: 'n2-standard-16',
    memoryMiB: { redpanda: 24_576, connect: 4096, relay: 2048, guard: 512, clickhouse: 24_576 },
    diskGb: 2000,
    sqlTier: 'db-custom-16-65536',
    sqlAvailability: 'REGIONAL',
    sqlDiskGb: 500,
    slotKeepMb: 204_800,
    use: { changesADay: 50_000_000, changesAMessage: 2000, rows: 500_000_000, queriedTib: 60, logGib: 200 },
  },
}
