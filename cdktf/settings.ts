import { readFileSync } from 'node:fs'
import { reportDefinitions } from '@pipeline/dashboard/looker/definitions.ts'
import { pipelineNames } from '@pipeline/dataflow-templates/catalogue/pipelines.ts'
import { SECRETS, type Secret } from '@pipeline/functions/manifest-parts.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { z } from 'zod'

const group = z
  .string()
  .regex(/^[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/, 'is no address of a group')
const days = (fallback: number, min: number, max: number) => z.int().min(min).max(max).default(fallback)
const host = z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/)
/** A tag that moves, such as `latest`, would change what runs without anybody having asked. */
const image = (fallback: string) =>
  z
    .string()
    .regex(
      /^[a-z0-9./_-]+(:(?!latest$)[A-Za-z0-9][A-Za-z0-9._-]*)(@sha256:[0-9a-f]{64})?$/,
      'needs a version',
    )
    .default(fallback)

const cloudSql = z.strictObject({
  kind: z.literal('cloud-sql'),
  version: z
    .enum(['POSTGRES_14', 'POSTGRES_15', 'POSTGRES_16', 'POSTGRES_17', 'POSTGRES_18'])
    .default('POSTGRES_17'),
  backups: days(30, 7, 365),
})
/** A server that the network reaches, PostgreSQL 14 or newer with `wal_level=logical`. */
const ownDatabase = z.strictObject({
  kind: z.literal('own'),
  host,
  port: z.int().min(1).max(65_535).default(5432),
})
const clickhouseOnVm = z.strictObject({
  kind: z.literal('vm'),
  image: image('docker.io/clickhouse/clickhouse-server:25.8.2.29'),
})
const ownClickhouse = z.strictObject({
  kind: z.literal('own'),
  url: z.url({ protocol: /^https$/ }),
  user: z.string().min(1).default('default'),
})
const range = (bits: RegExp) =>
  z
    .cidrv4()
    .refine((cidr) => bits.test(cidr), { error: 'is of another size' })
    .refine((cidr) => PRIVATE.test(cidr), { error: 'is no private range' })
const PRIVATE = /^(10\.|172\.(1[6-9]|2\d|3[01])\.|192\.168\.)/
const version = z.int().min(1).max(1_000_000).default(1)
const secretVersions = z.strictObject(
  Object.fromEntries(Object.values(SECRETS).map((secret) => [secret, version])) as Record<
    Secret,
    typeof version
  >,
)

export const settingsSchema = z
  .strictObject({
    /** In front of every name, so that environments stand beside each other in one project. */
    name: z.string().regex(/^[a-z][a-z0-9]{1,9}$/, 'must be 2 to 10 of a-z and 0-9'),
    project: z.string().regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/),
    projectNumber: z.string().regex(/^\d{6,20}$/, 'is what `gcloud projects describe` calls projectNumber'),
    region: z.string().regex(/^[a-z]+-[a-z]+\d+$/),
    zone: z.string().regex(/^[a-z]+-[a-z]+\d+-[a-z]$/),
    size: z.enum(['demo', 'standard', 'large']),
    readers: z.strictObject({
      /** Sees reports, and identifying columns masked. */
      analysts: group,
      /** Sees the restricted dataset and identifying columns. */
      careTeam: group,
    }),
    alertEmails: z.array(z.email()).min(1),
    /** Where docs/operations.md can be read; alerts link into it. */
    runbookUrl: z.url({ protocol: /^https$/ }),
    lake: z
      .strictObject({
        nearlineAfterDays: days(30, 1, 3650),
        coldlineAfterDays: days(120, 1, 3650),
        /** HIPAA asks for six years, which are at most 2,192 days. */
        retentionDays: days(2192, 365, 36_500),
        /** For how long a deleted or replaced object can be brought back. */
        keepVersionsDays: days(30, 7, 90),
      })
      .prefault({}),
    /** Of the environment's own network; other ranges than these where it is joined with a network of yours. */
    network: z
      .strictObject({
        subnet: range(/\/2[0-8]$/).default('10.20.0.0/24'),
        functions: range(/\/28$/).default('10.20.1.0/28'),
      })
      .prefault({}),
    exports: z
      .strictObject({
        /** `customer`: encrypted with a key of your own, which Google does not keep. See docs/operations.md. */
        key: z.enum(['managed', 'customer']).default('managed'),
      })
      .prefault({}),
    database: z.discriminatedUnion('kind', [cloudSql, ownDatabase]).prefault({ kind: 'cloud-sql' }),
    databaseName: z
      .string()
      .regex(/^[a-z_][a-z0-9_]{0,62}$/)
      .default('hospital'),
    clickhouse: z.discriminatedUnion('kind', [clickhouseOnVm, ownClickhouse]).prefault({ kind: 'vm' }),
    /** How long Redpanda keeps changes and events that were read already; oltp-sink's ledger must know them longer. */
    kafkaRetentionDays: days(7, 1, 21),
    redpandaImage: image('docker.redpanda.com/redpandadata/redpanda:v25.1.9'),
    /** Streaming jobs that are to run, with parameters beside those that the stack gives. None costs nothing. */
    dataflow: z
      .array(
        z.strictObject({
          template: z.enum(pipelineNames as [string, ...string[]]),
          parameters: z.record(z.string(), z.string()).default({}),
        }),
      )
      .default([]),
    secretVersions: secretVersions.prefault({}),
    vmSecretVersion: version,
    /** The page of reports for both groups of readers, behind Identity-Aware Proxy; without it nobody can open it. */
    page: z
      .strictObject({
        domain: host.refine((name) => name.includes('.') && /[a-z]/.test(name), 'is no domain'),
      })
      .nullable()
      .default(null),
    looker: z
      .strictObject({
        /** Ids of templates by the name of their exposure in dbt; see docs/looker-studio.md. */
        templates: z.record(z.string(), z.string().regex(/^[A-Za-z0-9_-]{1,100}$/)).default({}),
        /** Who pays for what viewers of reports ask; the project itself unless set. */
        billingProject: z
          .string()
          .regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/)
          .nullable()
          .default(null),
        /** Memory of BI Engine for the marts of reports; it is paid for by the hour. */
        biEngineGb: z.int().min(0).max(250).default(0),
      })
      .prefault({}),
    /** What a month may cost before somebody is told; null for nobody. */
    budget: z
      .strictObject({
        billingAccount: z.string().regex(/^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$/),
        currency: z.string().regex(/^[A-Z]{3}$/),
        monthly: z.int().min(1),
      })
      .nullable(),
    /** The repository whose main branch rolls out functions; null for none. */
    ci: z.strictObject({ repository: z.string().regex(/^[A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+$/) }).nullable(),
  })
  .refine(
    ({ looker }) =>
      Object.keys(looker.templates).every((name) =>
        reportDefinitions.some(({ exposure }) => exposure === name),
      ),
    {
      path: ['looker', 'templates'],
      error: `are of ${reportDefinitions.map(({ exposure }) => exposure).join(', ')}`,
    },
  )
  .refine(({ region, zone }) => zone.startsWith(`${region}-`), {
    path: ['zone'],
    error: 'is not in the region',
  })
  .refine(({ lake }) => lake.nearlineAfterDays < lake.coldlineAfterDays, {
    path: ['lake', 'coldlineAfterDays'],
    error: 'must come after nearlineAfterDays',
  })
  .refine(({ lake }) => lake.coldlineAfterDays + 90 <= lake.retentionDays, {
    path: ['lake', 'retentionDays'],
    error: 'must leave the 90 days that Coldline is paid for',
  })

export type Settings = z.infer<typeof settingsSchema>

/** Checks the settings of an environment. Throws SETTING_INVALID that names every one that is wrong. */
export function parseSettings(value: unknown, from: string): Settings {
  const result = settingsSchema.safeParse(value)
  if (result.success) return result.data
  const wrong = result.error.issues.map((issue) => `${issue.path.join('.') || 'file'}: ${issue.message}`)
  throw new PipelineError('SETTING_INVALID', { file: from, settings: wrong.join('; ') })
}

/** Reads a settings file. Throws SETTING_INVALID when it is missing, no JSON, or wrong. */
export function readEnvironment(path: string): Settings {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    const why =
      error instanceof SyntaxError ? 'is no JSON' : 'can not be read: copy environments/example.json'
    throw new PipelineError('SETTING_INVALID', { file: path, settings: why }, error)
  }
  return parseSettings(value, path)
}
