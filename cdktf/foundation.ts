import { KmsCryptoKey } from '@cdktf/provider-google/lib/kms-crypto-key/index.js'
import { KmsKeyRing } from '@cdktf/provider-google/lib/kms-key-ring/index.js'
import { ProjectIamAuditConfig } from '@cdktf/provider-google/lib/project-iam-audit-config/index.js'
import { ProjectService } from '@cdktf/provider-google/lib/project-service/index.js'
import { SecretManagerSecret } from '@cdktf/provider-google/lib/secret-manager-secret/index.js'
import type { ITerraformDependable } from 'cdktf'
import { secretsOf, VM_SECRETS } from './names.ts'
import type { Stage } from './stage.ts'

/** Every API that a part of the stack speaks to. */
export const APIS = [
  'artifactregistry',
  'bigquery',
  'bigquerydatapolicy',
  'billingbudgets',
  'cloudbuild',
  'cloudfunctions',
  'cloudkms',
  'cloudresourcemanager',
  'cloudscheduler',
  'compute',
  'datacatalog',
  'dataflow',
  'dns',
  'iam',
  'iamcredentials',
  'iap',
  'logging',
  'monitoring',
  'pubsub',
  'run',
  'secretmanager',
  'servicenetworking',
  'sqladmin',
  'storage',
  'sts',
  'vpcaccess',
].map((name) => `${name}.googleapis.com`)

/** Services whose reading and writing of data is written down; what administrators do is in any case. */
export const AUDITED = ['bigquery', 'cloudkms', 'cloudsql', 'iap', 'pubsub', 'secretmanager', 'storage'].map(
  (name) => `${name}.googleapis.com`,
)

/** What has to be there before anything else, and stays when the rest is taken down: APIs, key, empty secrets. */
export function buildFoundation({ stack, settings, names, labels, protect }: Stage): void {
  const services = APIS.map(
    (service) =>
      new ProjectService(stack, `api-${service.split('.')[0]}`, {
        project: settings.project,
        service,
        disableOnDestroy: false,
      }),
  )
  const api = (name: string): ITerraformDependable[] =>
    services.filter(({ node }) => node.id === `api-${name}`)
  const keyRing = new KmsKeyRing(stack, 'key-ring', {
    name: names.of('pipeline'),
    location: settings.region,
    dependsOn: api('cloudkms'),
    lifecycle: { preventDestroy: protect },
  })
  new KmsCryptoKey(stack, 'key', {
    name: 'data',
    keyRing: keyRing.id,
    purpose: 'ENCRYPT_DECRYPT',
    rotationPeriod: `${90 * 86_400}s`,
    destroyScheduledDuration: `${30 * 86_400}s`,
    labels,
    lifecycle: { preventDestroy: protect },
  })
  for (const secret of [...secretsOf(settings), ...VM_SECRETS]) {
    new SecretManagerSecret(stack, `secret-${secret}`, {
      secretId: names.secret(secret),
      labels,
      replication: { userManaged: { replicas: [{ location: settings.region }] } },
      dependsOn: api('secretmanager'),
      lifecycle: { preventDestroy: protect },
    })
  }
  for (const service of AUDITED) {
    new ProjectIamAuditConfig(stack, `audit-${service.split('.')[0]}`, {
      project: settings.project,
      service,
      auditLogConfig: ['ADMIN_READ', 'DATA_READ', 'DATA_WRITE'].map((logType) => ({ logType })),
      dependsOn: services,
    })
  }
}
