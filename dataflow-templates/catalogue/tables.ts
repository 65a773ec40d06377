import type { Template } from './template.ts'

/** Tables whose changes a pipeline of ours reads, by its parameters; undefined: all of them. */
export function tablesOf(
  template: Template,
  given: Readonly<Record<string, string>>,
): readonly string[] | undefined {
  switch (template.name) {
    case 'interaction-alerts':
      return ['medicines', 'prescriptions']
    case 'operations-5m':
      return ['doctors', 'visits', 'billing_payments']
    case 'activity-sessions': {
      const kinds = template.parameters.kinds!.parse(given.kinds) as Record<string, string>
      return Object.keys(kinds)
    }
    default:
      return undefined
  }
}
