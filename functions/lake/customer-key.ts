import { EXPORTS } from '../batch-export/names.ts'

/** The key that an object is encrypted with; undefined leaves it to the bucket's own. */
export type KeyOf = (name: string) => Buffer | undefined

/** A customer's own key for exports, and for nothing else. */
export function exportsKey(key: Buffer | undefined): KeyOf {
  return (name) => (name.startsWith(EXPORTS) ? key : undefined)
}
