import type { BigqueryDataset } from '@cdktf/provider-google/lib/bigquery-dataset/index.js'
import { BigqueryDatasetIamMember } from '@cdktf/provider-google/lib/bigquery-dataset-iam-member/index.js'
import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member/index.js'
import type { PubsubTopic } from '@cdktf/provider-google/lib/pubsub-topic/index.js'
import { PubsubTopicIamMember } from '@cdktf/provider-google/lib/pubsub-topic-iam-member/index.js'
import { SecretManagerSecretIamMember } from '@cdktf/provider-google/lib/secret-manager-secret-iam-member/index.js'
import { ServiceAccountIamMember } from '@cdktf/provider-google/lib/service-account-iam-member/index.js'
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member/index.js'
import type { Access, FunctionEntry, Topic } from '@pipeline/functions/manifest-parts.ts'
import type { ITerraformDependable } from 'cdktf'
import type { Buckets } from './lake.ts'
import { secretsOf, type VmSecret } from './names.ts'
import type { Stage } from './stage.ts'

export interface Resources {
  buckets: Buckets
  topics: ReadonlyMap<Topic, PubsubTopic>
  datasets: ReadonlyMap<string, BigqueryDataset>
}

/** Gives one account one right, on the resource itself; on the project only where a role has no smaller place. */
export function grant(
  { stack, settings, names }: Stage,
  account: string,
  access: Access,
  { buckets, topics, datasets }: Resources,
): ITerraformDependable {
  const { role } = access
  const member = `serviceAccount:${names.accountEmail(account)}`
  const id = (place: string) => `${account}-${place}-${role.split('/').at(-1)}`
  switch (access.kind) {
    case 'bucket':
      return new StorageBucketIamMember(stack, id(access.bucket), {
        bucket: buckets[access.bucket].name,
        role,
        member,
      })
    case 'topic':
      return new PubsubTopicIamMember(stack, id(access.topic), {
        topic: topics.get(access.topic)!.name,
        role,
        member,
      })
    case 'secret':
      return new SecretManagerSecretIamMember(stack, id(access.secret), {
        secretId: names.secret(access.secret),
        role,
        member,
      })
    case 'dataset':
      return new BigqueryDatasetIamMember(stack, id(access.dataset), {
        datasetId: datasets.get(access.dataset)!.datasetId,
        role,
        member,
      })
    case 'project':
      return new ProjectIamMember(stack, id('project'), { project: settings.project, role, member })
    case 'account':
      return new ServiceAccountIamMember(stack, id(access.account), {
        serviceAccountId: `projects/${settings.project}/serviceAccounts/${names.accountEmail(access.account)}`,
        role,
        member,
      })
    default:
      return unknown(access)
  }
}

/** Rights of a manifest entry in an environment; a secret that the environment has not needs none. */
export function accessOf({ settings }: Stage, { access }: FunctionEntry): Access[] {
  const secrets = secretsOf(settings)
  return access.filter((each) => each.kind !== 'secret' || secrets.includes(each.secret))
}

/** Lets an account read one of the stack's own secrets. */
export function grantSecret(
  { stack, names }: Stage,
  account: string,
  secret: VmSecret,
): ITerraformDependable {
  return new SecretManagerSecretIamMember(stack, `${account}-${secret}`, {
    secretId: names.secret(secret),
    role: 'roles/secretmanager.secretAccessor',
    member: `serviceAccount:${names.accountEmail(account)}`,
  })
}

/** Functions that use the change logs, and those among them that read what identifies people. */
export function logUsers(entries: readonly FunctionEntry[], dataset: string) {
  const users = entries.filter(({ access }) =>
    access.some((each) => each.kind === 'dataset' && each.dataset === dataset),
  )
  const readers = users.filter(({ access }) =>
    access.some(
      (each) =>
        each.kind === 'dataset' && each.dataset === dataset && each.role === 'roles/bigquery.dataViewer',
    ),
  )
  return { users: users.map(({ name }) => name), readers: readers.map(({ name }) => name) }
}

function unknown(access: never): never {
  throw new TypeError(`no such kind of access: ${JSON.stringify(access)}`)
}
