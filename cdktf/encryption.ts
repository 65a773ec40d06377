import { KmsCryptoKeyIamMember } from '@cdktf/provider-google/lib/kms-crypto-key-iam-member/index.js'
import type { ITerraformDependable } from 'cdktf'
import type { Stage } from './stage.ts'

/** Lets Google's services use the environment's key for what they store. */
export function letServicesEncrypt({ stack, names }: Stage): ITerraformDependable[] {
  return Object.entries(names.agent).map(
    ([service, member]) =>
      new KmsCryptoKeyIamMember(stack, `encrypt-${service}`, {
        cryptoKeyId: names.key,
        role: 'roles/cloudkms.cryptoKeyEncrypterDecrypter',
        member,
      }),
  )
}
