import { StorageBucket } from '@cdktf/provider-google/lib/storage-bucket/index.js'
import type { Stage } from './stage.ts'

const DAY_SECONDS = 86_400

/** The lake, the bucket of archives and one for what passes. What a class costs and what it fits is in docs/decisions/0016. */
export function buildBuckets({ stack, settings, names, protect }: Stage) {
  const { nearlineAfterDays, coldlineAfterDays, retentionDays, keepVersionsDays } = settings.lake
  const common = {
    location: settings.region.toUpperCase(),
    uniformBucketLevelAccess: true,
    publicAccessPrevention: 'enforced',
    forceDestroy: !protect,
    encryption: { defaultKmsKeyName: names.key },
    versioning: { enabled: true },
    softDeletePolicy: { retentionDurationSeconds: 7 * DAY_SECONDS },
    lifecycle: { preventDestroy: protect },
  }
  const lake = new StorageBucket(stack, 'lake', {
    ...common,
    name: names.bucket('lake'),
    storageClass: 'STANDARD',
    lifecycleRule: [
      moveTo('NEARLINE', nearlineAfterDays, ['STANDARD']),
      moveTo('COLDLINE', coldlineAfterDays, ['STANDARD', 'NEARLINE']),
      { action: { type: 'Delete' }, condition: { age: retentionDays, withState: 'LIVE' } },
      // What was replaced or deleted, and what the rule above has just deleted, can be brought back so long.
      {
        action: { type: 'Delete' },
        condition: { daysSinceNoncurrentTime: keepVersionsDays, withState: 'ARCHIVED' },
      },
      { action: { type: 'AbortIncompleteMultipartUpload' }, condition: { age: 7 } },
    ],
  })
  const code = new StorageBucket(stack, 'code', {
    ...common,
    name: names.bucket('code'),
    storageClass: 'STANDARD',
    lifecycleRule: [
      { action: { type: 'Delete' }, condition: { numNewerVersions: 3, withState: 'ARCHIVED' } },
      { action: { type: 'AbortIncompleteMultipartUpload' }, condition: { age: 7 } },
    ],
  })
  /** Temporary files of Dataflow jobs. */
  const temp = new StorageBucket(stack, 'temp', {
    ...common,
    name: names.bucket('temp'),
    storageClass: 'STANDARD',
    lifecycleRule: [
      { action: { type: 'Delete' }, condition: { age: 7, withState: 'LIVE' } },
      { action: { type: 'Delete' }, condition: { daysSinceNoncurrentTime: 7, withState: 'ARCHIVED' } },
      { action: { type: 'AbortIncompleteMultipartUpload' }, condition: { age: 7 } },
    ],
  })
  return { lake, code, temp }
}

function moveTo(storageClass: string, age: number, matchesStorageClass: string[]) {
  return { action: { type: 'SetStorageClass', storageClass }, condition: { age, matchesStorageClass } }
}

export type Buckets = ReturnType<typeof buildBuckets>
