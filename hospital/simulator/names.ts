import { NAMES } from './name-table.ts'
import { type Random, type Weighted, weighted } from './random.ts'
import type { Sex } from './specialties.ts'
import { list, readTable } from './text-table.ts'

type Order = 'western' | 'eastern' | 'joined' | 'double'

export interface Origin {
  name: string
  share: number
  order: Order
  given: Record<Sex, readonly string[]>
  family: readonly Record<Sex, string>[]
}

function familyName(cell: string): Record<Sex, string> {
  const [his, hers] = cell.split('/')
  return { Male: his!, Female: hers ?? his! }
}

export const origins: Weighted<Origin> = weighted(
  readTable(NAMES, 6).map(([name, share, order, women, men, family]) => ({
    name: name!,
    share: Number(share),
    order: order as Order,
    given: { Female: list(women!), Male: list(men!) },
    family: list(family!).map(familyName),
  })),
  (origin) => origin.share,
)

const HYPHENATED = 0.04
const MIDDLE_INITIAL = 0.25
const INITIALS = 'ABCDEFGHJKLMNPRSTVW'

/** A full name of one of many origins, that fits the sex. */
export function fullName(random: Random, sex: Sex): string {
  const origin = random.draw(origins)
  const given = random.pick(origin.given[sex])
  const family = random.pick(origin.family)[sex]
  switch (origin.order) {
    case 'eastern':
      return `${family} ${given}`
    case 'joined':
      return family + given
    case 'double':
      return `${given} ${family} ${random.pick(origin.family)[sex]}`
    case 'western':
      return `${given}${middle(random, origin)} ${hyphenated(random, origin, family, sex)}`
  }
}

function middle(random: Random, origin: Origin): string {
  return origin.name === 'english' && random.chance(MIDDLE_INITIAL) ? ` ${random.pick([...INITIALS])}.` : ''
}

function hyphenated(random: Random, origin: Origin, family: string, sex: Sex): string {
  if (!random.chance(HYPHENATED)) return family
  const second = random.pick(origin.family)[sex]
  return second === family ? family : `${family}-${second}`
}

/** The local part of an e-mail address; a name in another script becomes `fallback`. */
export function mailbox(name: string, fallback: string): string {
  const plain = name
    .normalize('NFD')
    .replace(/[\u0300-\u036f'ʻ.]/g, '')
    .toLowerCase()
  return /^[a-z -]+$/.test(plain) ? plain.trim().replace(/ +/g, '.') : fallback
}
