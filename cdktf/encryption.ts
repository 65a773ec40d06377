import { KmsCryptoKeyIamMember } from '@cdktf/provider-google/lib/kms-crypto-key-iam-member/index.js'
import type { ITerraformDependable } from 'cdktf'
import type { Stage } from './stage.ts'

/** Lets Google's services use the environment's key for what they store. */
export function letServicesEncrypt({ stack, names, settings }: Stage): ITerraformDependable[] {
  // Dataflow's own account may not be there before a job has been asked for.
  const agents = Object.entries(names.agent).filter(
    ([service]) => service !== 'dataflow' || settings.dataflow.length > 0,
  )
  return agents.map(
    ([service, member]) =>
      new KmsCryptoKeyIamMember(stack, `encrypt-${service}`, {
        cryptoKeyId: names.key,
        role: 'roles/cloudkms.cryptoKeyEncrypterDecrypter',
        member,
      }),
  )
}
