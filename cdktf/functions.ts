import { CloudRunServiceIamMember } from '@cdktf/provider-google/lib/cloud-run-service-iam-member/index.js'
import { Cloudfunctions2Function } from '@cdktf/provider-google/lib/cloudfunctions2-function/index.js'
import type { StorageBucket } from '@cdktf/provider-google/lib/storage-bucket/index.js'
import { StorageBucketObject } from '@cdktf/provider-google/lib/storage-bucket-object/index.js'
import type { FunctionEntry, Runtime } from '@pipeline/functions/manifest-parts.ts'
import type { PolicyTags } from '@pipeline/functions/warehouse/bigquery/schema.ts'
import type { ITerraformDependable } from 'cdktf'
import type { Archive } from './archives/archive.ts'
import { environmentOf } from './environment.ts'
import type { Stage } from './stage.ts'

/** Where the private authority of an environment lies in a function that speaks TLS with the VM. */
const CA_FOLDER = '/etc/hospital'
const CA_FILE = 'ca.pem'

export interface FunctionParts {
  code: StorageBucket
  archive: Archive
  tags: Required<PolicyTags>
  connector: string
  repository: string
  buildAccount: string
  /** Accounts that may call the function. */
  callers: readonly string[]
  /** What must be there before it starts: the rights of its account. */
  rights: ITerraformDependable[]
}

/** Which version of a secret a function has is written down, so that it never changes under a running one. */
function secretVersion({ settings }: Stage, secret: string): string {
  return String((settings.secretVersions as Record<string, number>)[secret] ?? settings.vmSecretVersion)
}

/** Where a runtime looks for authorities beside or instead of the public ones. */
function trustVariable(runtime: Runtime): string {
  if (runtime.startsWith('nodejs')) return 'NODE_EXTRA_CA_CERTS'
  // Python has no variable that adds one: it would replace the public authorities, which Google's clients need.
  throw new TypeError('a function in Python can not speak TLS with the VM')
}

/** One function of the manifest, 2nd generation, called by Google's own services in the project only. */
export function buildFunction(stage: Stage, entry: FunctionEntry, parts: FunctionParts) {
  const { stack, settings, names, labels } = stage
  const { variables, secrets, inNetwork, trustsVm } = environmentOf(stage, entry, parts.tags)
  const object = new StorageBucketObject(stack, `archive-${entry.name}`, {
    bucket: parts.code.name,
    name: `functions/${entry.name}-${parts.archive.hash}.zip`,
    source: parts.archive.path,
    contentType: 'application/zip',
  })
  const cloudFunction = new Cloudfunctions2Function(stack, `function-${entry.name}`, {
    name: names.of(entry.name),
    location: settings.region,
    description: `${entry.name} of the hospital pipeline`,
    labels: { ...labels, function: entry.name },
    buildConfig: {
      runtime: entry.runtime,
      entryPoint: entry.entryPoint,
      serviceAccount: `projects/${settings.project}/serviceAccounts/${parts.buildAccount}`,
      dockerRepository: parts.repository,
      // An archive of Node has its packages inside: nothing is installed while it is built.
      ...(entry.runtime.startsWith('nodejs')
        ? { environmentVariables: { GOOGLE_VENDOR_NPM_DEPENDENCIES: 'true' } }
        : {}),
      automaticUpdatePolicy: {},
      source: { storageSource: { bucket: parts.code.name, object: object.name } },
    },
    serviceConfig: {
      serviceAccountEmail: names.accountEmail(entry.name),
      availableMemory: `${entry.memoryMiB}Mi`,
      availableCpu: String(entry.cpu),
      timeoutSeconds: entry.timeoutSeconds,
      maxInstanceRequestConcurrency: entry.concurrency,
      maxInstanceCount: entry.maxInstances,
      minInstanceCount: 0,
      ingressSettings:
        entry.trigger.kind === 'page' && settings.page !== null
          ? 'ALLOW_INTERNAL_AND_GCLB'
          : 'ALLOW_INTERNAL_ONLY',
      allTrafficOnLatestRevision: true,
      environmentVariables: {
        ...variables,
        ...(trustsVm ? { [trustVariable(entry.runtime)]: `${CA_FOLDER}/${CA_FILE}` } : {}),
      },
      secretEnvironmentVariables: secrets.map(({ name, secret }) => ({
        key: name,
        projectId: settings.project,
        secret: names.secret(secret),
        version: secretVersion(stage, secret),
      })),
      ...(trustsVm
        ? {
            secretVolumes: [
              {
                mountPath: CA_FOLDER,
                projectId: settings.project,
                secret: names.secret('private-ca'),
                versions: [{ version: secretVersion(stage, 'private-ca'), path: CA_FILE }],
              },
            ],
          }
        : {}),
      ...(inNetwork
        ? { vpcConnector: parts.connector, vpcConnectorEgressSettings: 'PRIVATE_RANGES_ONLY' }
        : {}),
    },
    dependsOn: parts.rights,
  })
  const mayInvoke = parts.callers.map(
    (caller) =>
      new CloudRunServiceIamMember(stack, `call-${entry.name}-${caller}`, {
        location: settings.region,
        service: cloudFunction.name,
        role: 'roles/run.invoker',
        member: `serviceAccount:${names.accountEmail(caller)}`,
      }),
  )
  return { cloudFunction, mayInvoke, uri: cloudFunction.serviceConfig.uri }
}
