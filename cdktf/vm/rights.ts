import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member/index.js'
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member/index.js'
import { type Access, BUCKETS, type Secret, TOPICS } from '@pipeline/functions/manifest-parts.ts'
import type { ITerraformDependable } from 'cdktf'
import { grant, grantSecret, type Resources } from '../access.ts'
import { VM_SECRETS, type VmSecret } from '../names.ts'
import type { Stage } from '../stage.ts'
import { vmSecrets } from './startup.ts'

/** What the VM's account may: publish, write what is too large for a message, read its release and its secrets. */
export function grantVm(stage: Stage, resources: Resources): ITerraformDependable[] {
  const { stack, settings, names } = stage
  const member = `serviceAccount:${names.accountEmail('vm')}`
  const secrets = vmSecrets(stage).map(({ secret }) => secret)
  const isOwn = (secret: string): secret is VmSecret => (VM_SECRETS as readonly string[]).includes(secret)
  const access: Access[] = [
    ...Object.values(TOPICS).map(
      (topic): Access => ({ kind: 'topic', topic, role: 'roles/pubsub.publisher' }),
    ),
    { kind: 'bucket', bucket: BUCKETS.lake, role: 'roles/storage.objectCreator' },
    { kind: 'bucket', bucket: BUCKETS.lake, role: 'roles/storage.objectViewer' },
    ...secrets
      .filter((secret) => !isOwn(secret))
      .map(
        (secret): Access => ({
          kind: 'secret',
          secret: secret as Secret,
          role: 'roles/secretmanager.secretAccessor',
        }),
      ),
  ]
  return [
    ...access.map((each) => grant(stage, 'vm', each, resources)),
    ...secrets.filter(isOwn).map((secret) => grantSecret(stage, 'vm', secret)),
    new StorageBucketIamMember(stack, 'vm-reads-release', {
      bucket: resources.buckets.code.name,
      role: 'roles/storage.objectViewer',
      member,
    }),
    // What was replayed is moved aside; nothing else of the lake may be changed from here.
    new StorageBucketIamMember(stack, 'vm-moves-dead-letters', {
      bucket: resources.buckets.lake.name,
      role: 'roles/storage.objectUser',
      member,
      condition: {
        title: 'dead letters only',
        expression: `resource.name.startsWith("projects/_/buckets/${names.bucket('lake')}/objects/dead-letters")`,
      },
    }),
    // Logs and metrics belong to a project; these roles have no smaller place.
    ...['roles/logging.logWriter', 'roles/monitoring.metricWriter'].map(
      (role) =>
        new ProjectIamMember(stack, `vm-${role.split('/').at(-1)}`, {
          project: settings.project,
          role,
          member,
        }),
    ),
  ]
}
