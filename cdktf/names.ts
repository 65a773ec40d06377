import { createHash } from 'node:crypto'
import {
  type BucketName,
  type DatasetName,
  SECRETS,
  type Secret,
  type Topic,
} from '@pipeline/functions/manifest-parts.ts'
import type { Settings } from './settings.ts'

/** A name of at most `most` characters; one that is longer ends in a hash of the whole. */
export function fit(name: string, most: number): string {
  if (name.length <= most) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 6)
  return `${name.slice(0, most - 7).replace(/-+$/, '')}-${hash}`
}

export const PRIVATE_ZONE = 'internal'

/** Every name that an environment gives; two environments share none. */
export function namesOf({ name, project, region, projectNumber }: Settings) {
  const keyRing = `projects/${project}/locations/${region}/keyRings/${name}-pipeline`
  return {
    of: (part: string) => `${name}-${part}`,
    account: (component: string) => fit(`${name}-${component}`, 30),
    accountEmail: (component: string) =>
      `${fit(`${name}-${component}`, 30)}@${project}.iam.gserviceaccount.com`,
    bucket: (bucket: BucketName | 'code' | 'temp') => `${project}-${name}-${bucket}`,
    topic: (topic: Topic) => `${name}-${topic}`,
    dataset: (dataset: DatasetName) => `${name}_${dataset}`,
    secret: (secret: Secret | VmSecret) => `${name}-${secret}`,
    zone: `${name}.${PRIVATE_ZONE}`,
    host: (part: 'kafka' | 'clickhouse' | 'postgres') => `${part}.${name}.${PRIVATE_ZONE}`,
    keyRing,
    key: `${keyRing}/cryptoKeys/data`,
    stateBucket: `${project}-${name}-tfstate`,
    agent: {
      pubsub: `serviceAccount:service-${projectNumber}@gcp-sa-pubsub.iam.gserviceaccount.com`,
      storage: `serviceAccount:service-${projectNumber}@gs-project-accounts.iam.gserviceaccount.com`,
      bigquery: `serviceAccount:bq-${projectNumber}@bigquery-encryption.iam.gserviceaccount.com`,
      sql: `serviceAccount:service-${projectNumber}@gcp-sa-cloud-sql.iam.gserviceaccount.com`,
      registry: `serviceAccount:service-${projectNumber}@gcp-sa-artifactregistry.iam.gserviceaccount.com`,
      dataflow: `serviceAccount:service-${projectNumber}@dataflow-service-producer-prod.iam.gserviceaccount.com`,
      iap: `serviceAccount:service-${projectNumber}@gcp-sa-iap.iam.gserviceaccount.com`,
      compute: `serviceAccount:service-${projectNumber}@compute-system.iam.gserviceaccount.com`,
    },
  }
}
export type Names = ReturnType<typeof namesOf>

/** Secrets of functions that an environment has: a key of the customer's own only where the settings ask for it. */
export function secretsOf({ exports }: Settings): Secret[] {
  return Object.values(SECRETS).filter((secret) => secret !== SECRETS.exportKey || exports.key === 'customer')
}

/** Secrets of the VM alone, which no function reads. */
export const VM_SECRETS = [
  'postgres-admin-password',
  'postgres-cdc-password',
  'kafka-pipeline-password',
  'private-tls-key',
  'private-ca',
] as const
export type VmSecret = (typeof VM_SECRETS)[number]
