import type { Settings } from './settings.ts'
import { sizes } from './sizes.ts'

/** US dollars a month, list prices of us-central1 as of 2025, rounded; a region elsewhere costs up to a third more. */
const PRICES = {
  vm: { 'e2-standard-4': 98, 'n2-standard-8': 284, 'n2-standard-16': 567 } as Record<string, number>,
  sqlCore: 30,
  sqlGb: 5.1,
  ssdGb: 0.17,
  connector: 14,
  nat: 35,
  kms: 0.06,
}

/** What runs all the time costs so much a month; what grows with the hospital is not in it, and is named. */
export function estimate(settings: Settings): {
  lines: [what: string, dollars: number][]
  total: number
  without: string
} {
  const size = sizes[settings.size]
  const [, cores, memory] = /^db-custom-(\d+)-(\d+)$/.exec(size.sqlTier)!
  const sql =
    Number(cores) * PRICES.sqlCore + (Number(memory) / 1024) * PRICES.sqlGb + size.sqlDiskGb * PRICES.ssdGb
  const lines: [string, number][] = [
    [`VM ${size.vm}`, PRICES.vm[size.vm]!],
    [`data disk, ${size.diskGb} GB`, size.diskGb * PRICES.ssdGb],
    ['way of the functions into the network', PRICES.connector],
    ['network address translation', PRICES.nat],
    ['key', PRICES.kms],
    ...(settings.database.kind === 'cloud-sql'
      ? [
          [
            `Cloud SQL ${size.sqlTier}, ${size.sqlAvailability}`,
            sql * (size.sqlAvailability === 'REGIONAL' ? 2 : 1),
          ] as [string, number],
        ]
      : []),
  ]
  return {
    lines,
    total: Math.round(lines.reduce((sum, [, dollars]) => sum + dollars, 0)),
    without:
      'functions, Pub/Sub, Cloud Storage, BigQuery queries, logs and traffic, which grow with the changes',
  }
}
