import type { AgeBand } from './calendar.ts'
import type { Diagnosis } from './diagnoses.ts'
import type { Course, Drug } from './formulary.ts'
import type { Random } from './random.ts'
import type { Medicine } from './state.ts'
import { fitsAge } from './text-table.ts'

const DAYS = [2, 3, 3, 5, 5, 5, 7, 7, 10, 10, 14]
const WEEKS = [1, 2, 2, 3, 4, 6, 8]
const MONTHS = [1, 1, 2, 3, 3, 6, 12]
const WEEK_AS_DAYS = 0.5

function count(amount: number, unit: string): string {
  return amount === 1 ? `1 ${unit}` : `${amount} ${unit}s`
}

/** How long to take a medicine: `N days`, `N weeks` or `N months`, or one of each. */
export function duration(random: Random, course: Course): string {
  switch (course) {
    case 'once':
      return '1 day'
    case 'short': {
      const days = random.pick(DAYS)
      return days % 7 === 0 && !random.chance(WEEK_AS_DAYS) ? count(days / 7, 'week') : count(days, 'day')
    }
    case 'weeks':
      return count(random.pick(WEEKS), 'week')
    case 'long':
      return count(random.pick(MONTHS), 'month')
  }
}

/** Another dosage of the drug than the present one, or null if there is none. */
export function otherDosage(random: Random, drug: Drug, present: string | null): string | null {
  const others = drug.dosages.filter((dosage) => dosage !== present)
  return others.length > 0 ? random.pick(others) : null
}

/** How many medicines come of a visit: often none, sometimes several. */
export function prescriptionCount(random: Random): number {
  const draw = random.next()
  if (draw < 0.27) return 0
  if (draw < 0.63) return 1
  if (draw < 0.87) return 2
  return draw < 0.97 ? 3 : 4
}

export type Shelf = ReadonlyMap<Drug, readonly Medicine[]>

/** The hospital's medicines by what they are. */
export function shelf(medicines: readonly Medicine[]): Shelf {
  const byDrug = new Map<Drug, Medicine[]>()
  for (const medicine of medicines) {
    const same = byDrug.get(medicine.drug)
    if (same) same.push(medicine)
    else byDrug.set(medicine.drug, [medicine])
  }
  return byDrug
}

/** Up to `wanted` medicines in the house against a diagnosis, for that age, none of them twice. */
export function chooseMedicines(
  random: Random,
  stock: Shelf,
  diagnosis: Diagnosis,
  band: AgeBand | null,
  wanted: number,
): Medicine[] {
  const drugs = diagnosis.drugs.filter((drug) => stock.has(drug) && fitsAge(drug, band))
  const chosen: Medicine[] = []
  while (chosen.length < wanted && drugs.length > 0) {
    const [drug] = drugs.splice(random.int(0, drugs.length - 1), 1)
    chosen.push(random.pick(stock.get(drug!)!))
  }
  return chosen
}
