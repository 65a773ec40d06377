import { ArtifactRegistryRepository } from '@cdktf/provider-google/lib/artifact-registry-repository/index.js'
import { ArtifactRegistryRepositoryIamMember } from '@cdktf/provider-google/lib/artifact-registry-repository-iam-member/index.js'
import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member/index.js'
import { ServiceAccount } from '@cdktf/provider-google/lib/service-account/index.js'
import { ServiceAccountIamMember } from '@cdktf/provider-google/lib/service-account-iam-member/index.js'
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member/index.js'
import type { FunctionEntry } from '@pipeline/functions/manifest-parts.ts'
import type { ITerraformDependable } from 'cdktf'
import type { Buckets } from './lake.ts'
import type { Stage } from './stage.ts'

/** Components that are no function: who pushes, who calls on schedule, who builds, and the VM. */
export const COMPONENTS = {
  push: 'Pub/Sub calls functions as this account',
  schedule: 'Cloud Scheduler calls functions as this account',
  build: 'Cloud Build makes images of functions as this account',
  dataflow: 'Workers of Dataflow jobs run as this account',
  vm: 'Redpanda, Debezium Connect, relay and guard',
} as const

/** An account a component, without keys. */
export function buildAccounts({ stack, names }: Stage, entries: readonly FunctionEntry[]) {
  const wanted = [
    ...Object.entries(COMPONENTS),
    ...entries.map(({ name }) => [name, `Function ${name} of the hospital pipeline`] as const),
  ]
  return new Map(
    wanted.map(([component, description]) => [
      component,
      new ServiceAccount(stack, `account-${component}`, {
        accountId: names.account(component),
        displayName: names.of(component),
        description,
      }),
    ]),
  )
}

/** Pub/Sub signs the tokens of pushes as the push account. */
export function letPubsubSign({ stack, names }: Stage, push: ServiceAccount): void {
  new ServiceAccountIamMember(stack, 'pubsub-signs', {
    serviceAccountId: push.name,
    role: 'roles/iam.serviceAccountTokenCreator',
    member: names.agent.pubsub,
  })
}

/** Where images go, and what the build may: read archives, write images and its log. */
export function buildImages(stage: Stage, buckets: Buckets) {
  const { stack, settings, names, labels } = stage
  const member = `serviceAccount:${names.accountEmail('build')}`
  const repository = new ArtifactRegistryRepository(stack, 'images', {
    repositoryId: names.of('functions'),
    location: settings.region,
    format: 'DOCKER',
    description: 'Images of the functions',
    labels,
    kmsKeyName: names.key,
    cleanupPolicies: [{ id: 'keep-ten', action: 'KEEP', mostRecentVersions: { keepCount: 10 } }],
  })
  const rights: ITerraformDependable[] = [
    new ArtifactRegistryRepositoryIamMember(stack, 'build-writes-images', {
      location: settings.region,
      repository: repository.name,
      role: 'roles/artifactregistry.writer',
      member,
    }),
    new StorageBucketIamMember(stack, 'build-reads-archives', {
      bucket: buckets.code.name,
      role: 'roles/storage.objectViewer',
      member,
    }),
    // Cloud Functions copies archives into a bucket of its own, which is not there before the first function.
    new ProjectIamMember(stack, 'build-reads-copies', {
      project: settings.project,
      role: 'roles/storage.objectViewer',
      member,
      condition: {
        title: 'sources of functions only',
        expression: `resource.name.startsWith("projects/_/buckets/gcf-v2-sources-${settings.projectNumber}-")`,
      },
    }),
    new ProjectIamMember(stack, 'build-writes-logs', {
      project: settings.project,
      role: 'roles/logging.logWriter',
      member,
    }),
  ]
  return { repository, rights }
}
