import { ServiceAccount } from '@cdktf/provider-google/lib/service-account/index.js'
import { TerraformResource } from 'cdktf'
import type { Stage } from './stage.ts'
import { waitFor } from './wait-for.ts'

/**
 * Has every resource that names an account wait for it: e-mails of accounts are known before the accounts are there,
 * so terraform does not see by itself which resource needs which.
 */
export function linkAccounts({ stack }: Stage): void {
  const all = stack.node.findAll().filter((each) => TerraformResource.isTerraformResource(each))
  const accounts = all.filter((each): each is ServiceAccount => each instanceof ServiceAccount)
  const emails = new Map(
    accounts.map((account) => [`${account.accountIdInput}@`, account] as [string, ServiceAccount]),
  )
  for (const resource of all) {
    if (resource instanceof ServiceAccount) continue
    const text = JSON.stringify(resource.toTerraform())
    for (const [id] of text.matchAll(/[a-z][a-z0-9-]{4,28}[a-z0-9]@/g)) {
      const account = emails.get(id)
      if (account) waitFor(resource, [account])
    }
  }
}
