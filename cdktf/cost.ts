import { manifest } from '@pipeline/functions/manifest.ts'
import { type FunctionEntry, TOPICS } from '@pipeline/functions/manifest-parts.ts'
import type { Settings } from './settings.ts'
import { type Size, sizes } from './sizes.ts'
import { longestGapMinutes } from './watching/alerts.ts'

/**
 * US dollars, list prices of us-central1 in autumn 2025. Machines and what is priced by the hour: a month of 730 hours.
 * Compared with stored pages (autumn 2026, copies of any age): sqlCore, sqlGb, ssdGb as a VM's disk, secretVersion, functions,
 * Cloud Storage, BigQuery, pubsubTib, the log. With public repositories' tables: vm. All agreed. From memory: what is left.
 */
const PRICES = {
  vm: { 'e2-standard-4': 97.84, 'n2-standard-8': 283.58, 'n2-standard-16': 567.17 } as Record<string, number>,
  sqlCore: 30.15,
  sqlGb: 5.11,
  sqlBackupGb: 0.08,
  ssdGb: 0.17,
  snapshotGb: 0.05,
  bootDisk: 3,
  /** Two e2-micro, at least. */
  connector: 12.22,
  /** An address, and the VM and the connector's two behind it. */
  nat: 6.72,
  key: 0.06,
  secretVersion: 0.06,
  job: 0.1,
  freeJobs: 3,
  pubsubTib: 40,
  freePubsubGib: 10,
  cpuSecond: 0.000024,
  gibSecond: 0.0000025,
  millionRequests: 0.4,
  standardGib: 0.02,
  nearlineGib: 0.01,
  coldlineGib: 0.004,
  bigqueryGib: 0.02,
  bigqueryTib: 6.25,
  freeBigqueryTib: 1,
  logGib: 0.5,
  freeLogGib: 50,
}
const DAYS = 30
const GIB = 2 ** 30
/** Bytes of a change: compressed in Pub/Sub and lake, as a row of a raw table, and of a row in Parquet. */
const BYTES = { compressed: 90, raw: 450, parquet: 30 }
/** A push takes so long, a scheduled call of a loader, and any other scheduled call, s. */
const SECONDS = { push: 0.3, load: 8, job: 300 }

export interface Line {
  what: string
  dollars: number
}

function machines(settings: Settings, size: Size): Line[] {
  const lines = [
    { what: `VM ${size.vm}`, dollars: PRICES.vm[size.vm]! + PRICES.bootDisk },
    {
      what: `data disk, ${size.diskGb} GB SSD, and its snapshots`,
      dollars: size.diskGb * (PRICES.ssdGb + 0.3 * PRICES.snapshotGb),
    },
    { what: 'way of the functions into the network', dollars: PRICES.connector },
    { what: 'network address translation', dollars: PRICES.nat },
  ]
  if (settings.database.kind === 'own') return lines
  const [, cores, memory] = /^db-custom-(\d+)-(\d+)$/.exec(size.sqlTier)!
  const one =
    Number(cores) * PRICES.sqlCore + (Number(memory) / 1024) * PRICES.sqlGb + size.sqlDiskGb * PRICES.ssdGb
  const dollars = one * (size.sqlAvailability === 'REGIONAL' ? 2 : 1) + size.sqlDiskGb * PRICES.sqlBackupGb
  return [...lines, { what: `Cloud SQL ${size.sqlTier}, ${size.sqlAvailability}, with backups`, dollars }]
}

function called({ cpu, memoryMiB, concurrency }: FunctionEntry, times: number, seconds: number): number {
  const second = cpu * PRICES.cpuSecond + (memoryMiB / 1024) * PRICES.gibSecond
  // Calls share an instance only as far as they come at the same time: a quarter of what may.
  const shared = Math.max(1, concurrency / 4)
  return (times * seconds * second) / shared + (times / 1e6) * PRICES.millionRequests
}

function calls({ use }: Size, entries: readonly FunctionEntry[]): Line[] {
  const messages = (use.changesADay * DAYS) / use.changesAMessage
  let [pushed, scheduled, jobs] = [0, 0, 0]
  for (const entry of entries) {
    const { trigger } = entry
    if (trigger.kind === 'push') {
      if (trigger.topic === TOPICS.changes) pushed += called(entry, messages, SECONDS.push)
      continue
    }
    if (trigger.kind === 'page') continue
    jobs++
    const times = (DAYS * 1440) / longestGapMinutes(trigger.cron)
    scheduled += called(entry, times, entry.name.startsWith('load-') ? SECONDS.load : SECONDS.job)
  }
  return [
    { what: 'functions that are pushed to', dollars: pushed },
    {
      what: 'functions on schedule, and their jobs',
      dollars: scheduled + Math.max(0, jobs - PRICES.freeJobs) * PRICES.job,
    },
  ]
}

function data({ lake }: Settings, { use }: Size, entries: readonly FunctionEntry[]): Line[] {
  const subscribers = entries.filter(
    ({ trigger }) => trigger.kind === 'push' && trigger.topic === TOPICS.changes,
  ).length
  const gib = (bytes: number): number => bytes / GIB
  const pubsub = gib(use.changesADay * DAYS * BYTES.compressed * (1 + subscribers))
  const aDay = gib(use.changesADay * BYTES.compressed + use.rows * BYTES.parquet)
  const standard = Math.min(365, lake.nearlineAfterDays)
  const nearline = Math.min(365, lake.coldlineAfterDays) - standard
  const stored =
    standard * PRICES.standardGib +
    nearline * PRICES.nearlineGib +
    (365 - standard - nearline) * PRICES.coldlineGib
  return [
    {
      what: 'Pub/Sub',
      dollars: (Math.max(0, pubsub - PRICES.freePubsubGib) / 1024) * PRICES.pubsubTib,
    },
    { what: 'Cloud Storage, after the first year', dollars: aDay * stored },
    {
      what: 'BigQuery, storage after the first year and queries',
      dollars:
        gib(use.changesADay * 365 * BYTES.raw) * PRICES.bigqueryGib +
        Math.max(0, use.queriedTib - PRICES.freeBigqueryTib) * PRICES.bigqueryTib,
    },
    { what: 'log', dollars: Math.max(0, use.logGib - PRICES.freeLogGib) * PRICES.logGib },
    { what: 'key and secrets', dollars: PRICES.key + 9 * PRICES.secretVersion },
  ]
}

/** What a month costs at list prices, line by line, and what that takes for granted. */
export function estimate(
  settings: Settings,
  entries: readonly FunctionEntry[] = manifest,
): { lines: Line[]; total: number; assumes: string[] } {
  const size = sizes[settings.size]
  const { use } = size
  const lines = [...machines(settings, size), ...calls(size, entries), ...data(settings, size, entries)]
  const number = (value: number): string => value.toLocaleString('en-US')
  return {
    lines,
    total: Math.round(lines.reduce((sum, { dollars }) => sum + dollars, 0)),
    assumes: [
      'list prices of us-central1 in autumn 2025, a month of 30 days, no discounts; other regions cost up to a third more',
      `${number(use.changesADay)} changes a day, ${number(use.changesAMessage)} in a message`,
      `a change has ${BYTES.compressed} bytes compressed and ${BYTES.raw} in BigQuery`,
      `${number(use.rows)} rows in PostgreSQL, exported every night at ${BYTES.parquet} bytes a row`,
      `dbt and reports read ${use.queriedTib} TiB a month in BigQuery, the log has ${use.logGib} GiB`,
      `a push takes ${SECONDS.push} s, a load ${SECONDS.load} s, any other job ${SECONDS.job} s`,
      'nothing for traffic out of the region, for audit logs of heavy use, for alerts, and for support',
    ],
  }
}
