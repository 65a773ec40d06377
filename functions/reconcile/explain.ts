import type { Difference } from './fold.ts'
import type { StoreReport } from './report.ts'

const SHOWN = 20

/** What is known of a store when its differences have been found. */
export interface Evidence {
  store: StoreReport['store']
  rows: number
  differences: readonly Difference[]
  /** Differing keys beyond those. */
  more: number
  /** Keys that differ although nothing that could still come would change that. */
  contradicted: ReadonlySet<string>
  /** Changes that have not come to the store yet; null where only their being open is known. */
  open: number | null
  /** What alone is reason enough to call the store different, such as offsets that are lost. */
  faults: readonly string[]
  notes: readonly string[]
}

/** Says whether a store is equal, behind or different: `behind` needs something that is still to come. */
export function explain(evidence: Evidence): StoreReport {
  const { store, rows, differences, more, contradicted, open, faults, notes } = evidence
  const toCome = open === null || open > 0
  const different = faults.length > 0 || contradicted.size > 0 || (differences.length > 0 && !toCome)
  const status = different ? 'different' : differences.length > 0 ? 'behind' : 'equal'
  const told =
    toCome && contradicted.size > 0 ? differences.filter(({ key }) => contradicted.has(key)) : differences
  return {
    store,
    status,
    rows,
    behindBy: status === 'equal' ? 0 : open,
    differingKeys: differences.length + more,
    keys: status === 'different' ? told.slice(0, SHOWN).map(({ key, kind }) => `${key} (${kind})`) : [],
    notes: [...faults, ...notes],
  }
}
