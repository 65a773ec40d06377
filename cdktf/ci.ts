import type { Cloudfunctions2Function } from '@cdktf/provider-google/lib/cloudfunctions2-function/index.js'
import { Cloudfunctions2FunctionIamMember } from '@cdktf/provider-google/lib/cloudfunctions2-function-iam-member/index.js'
import { IamWorkloadIdentityPool } from '@cdktf/provider-google/lib/iam-workload-identity-pool/index.js'
import { IamWorkloadIdentityPoolProvider } from '@cdktf/provider-google/lib/iam-workload-identity-pool-provider/index.js'
import { ServiceAccount } from '@cdktf/provider-google/lib/service-account/index.js'
import { ServiceAccountIamMember } from '@cdktf/provider-google/lib/service-account-iam-member/index.js'
import type { StorageBucket } from '@cdktf/provider-google/lib/storage-bucket/index.js'
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member/index.js'
import type { FunctionEntry } from '@pipeline/functions/manifest-parts.ts'
import type { Stage } from './stage.ts'

const ISSUER = 'https://token.actions.githubusercontent.com'
const BRANCH = 'refs/heads/main'

/**
 * Lets the main branch of one repository on GitHub roll out functions, without a key. It may change no other part of
 * the stack: who may, could give itself every right.
 */
export function buildCi(
  { stack, settings, names }: Stage,
  parts: {
    functions: readonly Cloudfunctions2Function[]
    entries: readonly FunctionEntry[]
    code: StorageBucket
  },
): void {
  if (settings.ci === null) return
  const { repository } = settings.ci
  const pool = new IamWorkloadIdentityPool(stack, 'ci-pool', {
    workloadIdentityPoolId: names.of('ci'),
    displayName: names.of('ci'),
    description: `GitHub Actions of ${repository}`,
  })
  new IamWorkloadIdentityPoolProvider(stack, 'ci-github', {
    workloadIdentityPoolId: pool.workloadIdentityPoolId,
    workloadIdentityPoolProviderId: 'github',
    attributeMapping: {
      'google.subject': 'assertion.sub',
      'attribute.repository': 'assertion.repository',
      'attribute.ref': 'assertion.ref',
    },
    attributeCondition: [
      `assertion.repository == "${repository}"`,
      `assertion.ref == "${BRANCH}"`,
      `assertion.sub == "repo:${repository}:ref:${BRANCH}"`,
    ].join(' && '),
    oidc: { issuerUri: ISSUER },
  })
  const account = new ServiceAccount(stack, 'account-ci', {
    accountId: names.account('ci'),
    displayName: names.of('ci'),
    description: `Rolls out functions from ${repository}`,
  })
  const member = `serviceAccount:${names.accountEmail('ci')}`
  new ServiceAccountIamMember(stack, 'ci-federated', {
    serviceAccountId: account.name,
    role: 'roles/iam.workloadIdentityUser',
    member: `principalSet://iam.googleapis.com/${pool.name}/attribute.repository/${repository}`,
  })
  new StorageBucketIamMember(stack, 'ci-uploads', {
    bucket: parts.code.name,
    role: 'roles/storage.objectCreator',
    member,
  })
  for (const [index, cloudFunction] of parts.functions.entries()) {
    const { name } = parts.entries[index]!
    new Cloudfunctions2FunctionIamMember(stack, `ci-rolls-out-${name}`, {
      location: settings.region,
      cloudFunction: cloudFunction.name,
      role: 'roles/cloudfunctions.developer',
      member,
    })
    new ServiceAccountIamMember(stack, `ci-acts-as-${name}`, {
      serviceAccountId: `projects/${settings.project}/serviceAccounts/${names.accountEmail(name)}`,
      role: 'roles/iam.serviceAccountUser',
      member,
      dependsOn: [cloudFunction],
    })
  }
}
