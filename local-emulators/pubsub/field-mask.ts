import { invalid } from './status.ts'

/** What may be changed in a resource and how it is called in messages. */
export interface MaskRules {
  request: string
  resource: string
  known: object
  mutable: ReadonlySet<string>
}

type Fields = Record<string, unknown>

const camel = (path: string): string =>
  path.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** The resource with the fields of the mask taken from the patch; a path may reach into a nested message. */
export function applyMask<T extends object>(
  rules: MaskRules,
  current: T,
  patch: T,
  paths: readonly string[] | null | undefined,
): T {
  if (!paths?.length) {
    throw invalid(
      `The update_mask in the ${rules.request} must be set, and must contain a non-empty paths list.`,
    )
  }
  const result: Fields = { ...(current as Fields) }
  for (const path of paths) {
    const parts = path.split('.').map(camel)
    const [field] = parts
    if (!field || !(field in rules.known)) throw bad(rules, `${path} is not a known ${rules.resource} field`)
    if (!rules.mutable.has(field)) {
      throw bad(rules, `the '${path}' field in the ${rules.resource} is not mutable`)
    }
    assign(result, patch as Fields, parts, () => bad(rules, `${path} is not a known ${rules.resource} field`))
  }
  return result as T
}

function assign(target: Fields, source: Fields, parts: string[], unknown: () => Error): void {
  const [field, ...rest] = parts as [string, ...string[]]
  if (rest.length === 0) {
    target[field] = source[field] ?? null
    return
  }
  const from = source[field] as Fields | null
  const into = { ...((target[field] as Fields | null) ?? {}) }
  if (from && !((rest[0] as string) in from)) throw unknown()
  assign(into, from ?? {}, rest, unknown)
  target[field] = into
}

const bad = (rules: MaskRules, text: string): Error =>
  invalid(`Invalid update_mask provided in the ${rules.request}: ${text}.`)
