import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Json } from './synthesized.ts'

/** What the provider's bindings say of one field of a resource or of a block in it. */
interface Field {
  required: boolean
  /** `string`, `number`, `boolean`, `map`, a list of one of them as `string[]`, or the name of a block's interface. */
  type: string
  list: boolean
  /** The values that its documentation lists as the only ones. */
  values: string[] | undefined
}
type Fields = Map<string, Field>

/** Terraform's own, which any resource may have. */
const META = new Set(['//', 'depends_on', 'lifecycle', 'provider', 'count', 'for_each', 'connection'])
const TEMPLATE = /\$\{/
const require = createRequire(import.meta.url)
const files = new Map<string, Map<string, Fields>>()

function member(doc: string, optional: string, type: string): [string, Field] | undefined {
  const name = /#(\w+) \w+#\w+\}/.exec(doc)?.[1]
  if (name === undefined) return undefined
  const plain = type.replaceAll(/\s+/g, ' ').replaceAll(/ ?\| ?cdktf\.IResolvable/g, '')
  const list = plain.endsWith('[]') || plain.startsWith('Array<')
  const of = plain
    .replace(/^\((.*)\)\[\]$/, '$1')
    .replace(/\[\]$/, '')
    .replace(/^Array<(.*)>$/, '$1')
  const values = /Possible values: \[([^\]]*)\]/.exec(doc)?.[1]
  return [
    name,
    {
      required: optional === '',
      type: of.startsWith('{') ? 'map' : of.trim(),
      list,
      values: values && [...values.matchAll(/"([^"]*)"/g)].map(([, value]) => value!),
    } as Field,
  ]
}

/** Reads the declarations of a resource's bindings: fields, blocks in blocks, and what they must have. */
function interfaces(resource: string): Map<string, Fields> {
  const known = files.get(resource)
  if (known) return known
  const folder = resource.replace(/^google_/, '').replaceAll('_', '-')
  const path = require.resolve(`@cdktf/provider-google/lib/${folder}/index.js`).replace(/\.js$/, '.d.ts')
  const found = new Map<string, Fields>()
  const text = readFileSync(path, 'utf8')
  for (const [, name, body] of text.matchAll(/^export interface (\w+)[^{\n]*\{\n([\s\S]*?)^\}/gm)) {
    const members = body!.matchAll(
      /\/\*\*([\s\S]*?)\*\/\s+readonly \w+(\??): ([\s\S]*?);(?=\n {4}(?:\/\*\*|readonly)|\n*$)/g,
    )
    found.set(
      name!,
      new Map(
        [...members].flatMap(([, doc, optional, type]) =>
          [member(doc!, optional!, type!)].filter((each) => each !== undefined),
        ),
      ),
    )
  }
  files.set(resource, found)
  return found
}

function wrongValue(value: Json, { type, values }: Field): string | undefined {
  const template = typeof value === 'string' && TEMPLATE.test(value)
  if (template) return undefined
  if (type === 'map') return value !== null && typeof value === 'object' ? undefined : 'is no map'
  if (typeof value !== type) return `is no ${type}`
  if (values && values.length > 0 && !values.includes(value)) return `is not one of ${values.join(', ')}`
  return undefined
}

function check(
  all: Map<string, Fields>,
  of: string,
  body: Json,
  at: string,
  seen: (path: string) => void,
): string[] {
  const fields = all.get(of)!
  const wrong: string[] = []
  for (const [name, { required }] of fields) {
    if (required && body[name] === undefined) wrong.push(`${at}.${name} is missing`)
  }
  for (const [name, value] of Object.entries(body as Record<string, Json>)) {
    if (META.has(name)) continue
    const field = fields.get(name)
    if (!field) {
      wrong.push(`${at}.${name} is unknown`)
      continue
    }
    seen(`${at}.${name}`)
    if (field.list && !Array.isArray(value)) wrong.push(`${at}.${name} is no list`)
    for (const each of Array.isArray(value) ? value : [value]) {
      if (all.has(field.type)) wrong.push(...check(all, field.type, each, `${at}.${name}`, seen))
      else {
        const why = wrongValue(each, field)
        if (why) wrong.push(`${at}.${name} ${why}`)
      }
    }
  }
  return wrong
}

/**
 * What a resource has that the pinned provider's bindings do not know, lacks that they ask for, or says with another
 * type or value than theirs. `seen` is called with the path of each field that it has.
 */
export function wrongIn(resource: string, body: Json, seen: (path: string) => void = () => {}): string[] {
  const all = interfaces(resource)
  const root =
    [...all.keys()].find((name) => name.endsWith('Config') && all.get(name)!.has('id')) ?? [...all.keys()][0]!
  return check(all, root, body, resource, seen)
}
