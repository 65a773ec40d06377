import { type AgeRange, ages, readTable } from './text-table.ts'

export type Sex = 'Female' | 'Male'

export interface Specialty extends AgeRange {
  code: string
  name: string
  sex: Sex | null
  /** Share among the doctors of a hospital. */
  weight: number
}

/** Code, name, ages and sex it treats, share among doctors. The first one treats everybody. */
const TABLE = `
GP  | General Practice          | newborn+   | any    | 18
EM  | Emergency Medicine        | newborn+   | any    | 12
PED | Pediatrics                | newborn-17 | any    | 11
CAR | Cardiology                | 16+        | any    | 8
OBG | Obstetrics and Gynecology | 12+        | Female | 9
ORT | Orthopedics               | 1+         | any    | 7
GER | Geriatrics                | 65+        | any    | 4
NEU | Neurology                 | 6+         | any    | 5
ONC | Oncology                  | 18+        | any    | 5
DER | Dermatology               | 0+         | any    | 4
PSY | Psychiatry                | 6+         | any    | 5
PUL | Pulmonology               | 6+         | any    | 4
GAS | Gastroenterology          | 12+        | any    | 4
END | Endocrinology             | 6+         | any    | 4
URO | Urology                   | 6+         | any    | 3
ENT | Otolaryngology            | 0+         | any    | 3
OPH | Ophthalmology             | 0+         | any    | 3
NEP | Nephrology                | 16+        | any    | 2
RHE | Rheumatology              | 16+        | any    | 2
`

export const specialties: readonly Specialty[] = readTable(TABLE, 5).map(
  ([code, name, age, sex, weight]) => ({
    code: code!,
    name: name!,
    ...ages(age!),
    sex: sex === 'any' ? null : (sex as Sex),
    weight: Number(weight),
  }),
)

export const generalPractice = specialties[0]!

const byName = new Map(specialties.map((specialty) => [specialty.name, specialty]))
const byCode = new Map(specialties.map((specialty) => [specialty.code, specialty]))

/** The specialty of a doctor's row, or undefined for one that the simulator does not know. */
export function findSpecialty(name: string): Specialty | undefined {
  return byName.get(name)
}

export function specialtyByCode(code: string): Specialty {
  const specialty = byCode.get(code)
  if (!specialty) throw new RangeError(`no specialty ${code}`)
  return specialty
}
