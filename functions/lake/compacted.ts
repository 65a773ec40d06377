import { coveredBy, type Offsets, parseLakeName } from '@pipeline/hospital/lake-names.ts'
import { minus } from '@pipeline/hospital/offsets.ts'
import type { Lake } from './port.ts'

/** A listing may miss what is written and deleted while it goes on: it is made again. */
const LISTINGS = 3

/** Whether compacted objects of the same day answer for all offsets of an object that is gone. */
export async function isCompacted(lake: Pick<Lake, 'list'>, object: string): Promise<boolean> {
  const name = parseLakeName(object)
  if (name === undefined) return false
  const { topic, partition } = name
  const prefix = `${object.slice(0, object.lastIndexOf('/') + 1)}${topic}-${partition}-`
  for (let listing = 0; listing < LISTINGS; listing++) {
    const covered: Offsets[] = []
    for await (const page of lake.list(prefix)) {
      for (const each of page) {
        const found = each.name === object ? undefined : parseLakeName(each.name)
        if (found?.compacted && found.topic === topic && found.partition === partition)
          covered.push(...coveredBy(found))
      }
    }
    if (minus(coveredBy(name), covered).length === 0) return true
  }
  return false
}
