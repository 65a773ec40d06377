import { type ITerraformDependable, TerraformResource } from 'cdktf'

/** Has a resource wait for others, once each. (A construct's own `node.addDependency` does not reach terraform.) */
export function waitFor(resource: TerraformResource, others: readonly ITerraformDependable[]): void {
  const addresses = others.map((other) => {
    if (!TerraformResource.isTerraformResource(other)) throw new TypeError(`${other.fqn} is no resource`)
    return `${other.terraformResourceType}.${other.friendlyUniqueId}`
  })
  resource.dependsOn = [...new Set([...(resource.dependsOn ?? []), ...addresses])]
}
