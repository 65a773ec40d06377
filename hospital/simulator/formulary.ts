import { FORMULARY } from './formulary-table.ts'
import { type AgeRange, ages, range, readTable } from './text-table.ts'

/** How long a medicine is usually taken: one dose, days, weeks or months. */
export type Course = 'once' | 'short' | 'weeks' | 'long'

const COURSES: readonly string[] = ['once', 'short', 'weeks', 'long'] satisfies Course[]

export interface Drug extends AgeRange {
  key: string
  name: string
  category: string
  course: Course
  /** Least and most cents that a day costs. */
  price: [number, number]
  dosages: readonly string[]
}

export const formulary: readonly Drug[] = readTable(FORMULARY, 7).map(
  ([key, name, category, age, course, price, dosages]) => {
    if (!COURSES.includes(course!)) throw new RangeError(`not a course: ${course}`)
    return {
      key: key!,
      name: name!,
      category: category!,
      ...ages(age!),
      course: course as Course,
      price: range(price!),
      dosages: dosages!.split(';').map((dosage) => dosage.trim()),
    }
  },
)

const byKey = new Map(formulary.map((drug) => [drug.key, drug]))
const byName = new Map(formulary.map((drug) => [drug.name, drug]))

export function drugByKey(key: string): Drug {
  const drug = byKey.get(key)
  if (!drug) throw new RangeError(`no drug ${key} in the formulary`)
  return drug
}

/** The drug of a medicine's row, or undefined for one that the formulary does not name. */
export function findDrug(name: string): Drug | undefined {
  return byName.get(name)
}
