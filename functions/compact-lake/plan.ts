import { coveredBy, type LakeName, type Offsets, parseLakeName } from '@pipeline/hospital/lake-names.ts'
import { share } from '@pipeline/hospital/offsets.ts'
import type { LakeObject } from '../lake/port.ts'

/** An object of the lake that takes part, with what its name says. */
export interface Member {
  object: LakeObject
  name: LakeName
  covered: Offsets[]
  /** 0 for a batch. */
  level: number
}

/** The objects of one table, day, topic and partition that a run looks at. */
export interface Group {
  table: string
  day: string
  topic: string
  partition: number
  members: Member[]
  /** The highest level of any object of the group, also of those that are left alone. */
  highest: number
}

export interface PlanLimits {
  /** The last day (YYYYMMDD) that is over. */
  throughDay: string
  /** Objects stored later (ms since the epoch) are left for the next run. */
  storedBefore: number
  /** Batches of so many bytes are no small objects: they stay as they are. */
  largestBytes: number
  /** Compacted objects of at least so many bytes are finished. */
  targetBytes: number
}

function member(object: LakeObject): Member | undefined {
  const name = parseLakeName(object.name)
  if (name === undefined) return undefined
  return { object, name, covered: coveredBy(name), level: name.compacted?.level ?? 0 }
}

/** Whether a run may replace an object by a compacted one that has all of it. */
export function isReplaceable({ level, covered }: Member, others: readonly Member[]): boolean {
  return level === 0 || others.some((other) => other.level > level && share(other.covered, covered))
}

/**
 * Groups with something to do: a small object of a day that is over, or a compacted one that another replaced. Names
 * that are none of ours, large batches and what came too late are not in a group.
 */
export function groupsOf(objects: readonly LakeObject[], limits: PlanLimits): Group[] {
  const groups = new Map<string, Group>()
  for (const object of objects) {
    const found = member(object)
    if (found === undefined || found.name.day > limits.throughDay) continue
    const { table, day, topic, partition } = found.name
    const id = `${day}/${topic}/${partition}`
    const group = groups.get(id) ?? { table, day, topic, partition, members: [], highest: 0 }
    groups.set(id, group)
    group.highest = Math.max(group.highest, found.level)
    const late = Date.parse(object.storedAt) >= limits.storedBefore
    if (late || (found.level === 0 && object.size >= limits.largestBytes)) continue
    group.members.push(found)
  }
  const order = (a: Member, b: Member) => a.name.firstOffset - b.name.firstOffset || a.level - b.level
  for (const group of groups.values()) group.members.sort(order)
  return [...groups.values()].filter(({ members }) => members.some((each) => isReplaceable(each, members)))
}

/** What is joined: batches that are left, compacted objects that are not full, and full ones that share offsets. */
export function sourcesOf(members: readonly Member[], targetBytes: number): Member[] {
  const small = members.filter((each) => isReplaceable(each, members))
  if (small.length === 0) return []
  const covered = small.flatMap((each) => each.covered)
  return members.filter(
    (each) => small.includes(each) || each.object.size < targetBytes || share(each.covered, covered),
  )
}
