import { BigqueryDatapolicyDataPolicy } from '@cdktf/provider-google/lib/bigquery-datapolicy-data-policy/index.js'
import { BigqueryDatapolicyDataPolicyIamMember } from '@cdktf/provider-google/lib/bigquery-datapolicy-data-policy-iam-member/index.js'
import { DataCatalogPolicyTag } from '@cdktf/provider-google/lib/data-catalog-policy-tag/index.js'
import { DataCatalogPolicyTagIamMember } from '@cdktf/provider-google/lib/data-catalog-policy-tag-iam-member/index.js'
import { DataCatalogTaxonomy } from '@cdktf/provider-google/lib/data-catalog-taxonomy/index.js'
import { classOf, type PolicyTags } from '@pipeline/functions/warehouse/bigquery/schema.ts'
import { catalog, type Identifies } from '@pipeline/hospital/catalog.ts'
import type { Stage } from './stage.ts'

const CLASSES: Record<Identifies, string> = {
  patient: 'Points at a patient by itself: name, contact, insurance number',
  'patient-with-others': 'Points at a patient together with other columns: date of birth, gender, key',
  staff: 'Points at a member of staff',
}

/** The classes of keys, which who follows a change names. */
const KEY_CLASSES = catalog.map(({ key, columns }) =>
  classOf(columns.filter(({ name }) => key.includes(name))),
)

/**
 * A policy tag a class of the catalog. Who may not see the class reads null: the mask that fits every type, JSON too.
 * `readers` are the accounts of the pipeline that read what is tagged, `followers` those that find a change by its key.
 */
export function buildPrivacy(
  { stack, settings, names, protect }: Stage,
  readers: readonly string[],
  followers: readonly string[],
) {
  const taxonomy = new DataCatalogTaxonomy(stack, 'taxonomy', {
    displayName: names.of('identifying'),
    description: 'What identifies a person, as hospital/tables.ts says',
    region: settings.region,
    activatedPolicyTypes: ['FINE_GRAINED_ACCESS_CONTROL'],
    lifecycle: { preventDestroy: protect },
  })
  const tags: Required<PolicyTags> = { patient: '', 'patient-with-others': '', staff: '' }
  for (const [identifies, description] of Object.entries(CLASSES) as [Identifies, string][]) {
    const tag = new DataCatalogPolicyTag(stack, `tag-${identifies}`, {
      taxonomy: taxonomy.id,
      displayName: identifies,
      description,
      lifecycle: { preventDestroy: protect },
    })
    tags[identifies] = tag.name
    const mask = new BigqueryDatapolicyDataPolicy(stack, `mask-${identifies}`, {
      location: settings.region,
      dataPolicyId: `${settings.name}_mask_${identifies.replaceAll('-', '_')}`,
      policyTag: tag.name,
      dataPolicyType: 'DATA_MASKING_POLICY',
      dataMaskingPolicy: { predefinedExpression: 'ALWAYS_NULL' },
    })
    new BigqueryDatapolicyDataPolicyIamMember(stack, `mask-${identifies}-analysts`, {
      location: settings.region,
      dataPolicyId: mask.dataPolicyId,
      role: 'roles/bigquerydatapolicy.maskedReader',
      member: `group:${settings.readers.analysts}`,
    })
    for (const [name, member] of [
      ['care-team', `group:${settings.readers.careTeam}`],
      ...[...readers, ...(KEY_CLASSES.includes(identifies) ? followers : [])].map((component) => [
        component,
        `serviceAccount:${names.accountEmail(component)}`,
      ]),
    ] as [string, string][]) {
      new DataCatalogPolicyTagIamMember(stack, `tag-${identifies}-${name}`, {
        policyTag: tag.name,
        role: 'roles/datacatalog.categoryFineGrainedReader',
        member,
      })
    }
  }
  return tags
}
