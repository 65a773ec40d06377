import { createHash } from 'node:crypto'
import type { LakeObject } from '../lake/port.ts'

export type Identity = Pick<LakeObject, 'name' | 'generation'>

/** One text for one generation of an object. */
export function identity({ name, generation }: Identity): string {
  return `${name}#${generation}`
}

/** The same objects in the same generations always make the same load. */
export function loadIdOf(table: string, objects: readonly Identity[]): string {
  const lines = objects.map(identity).sort().join('\n')
  return `${table}-${createHash('sha256').update(lines).digest('hex').slice(0, 32)}`
}
