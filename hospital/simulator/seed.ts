import { formulary } from './formulary.ts'
import { added, type House } from './house.ts'
import { formatCents } from './money.ts'
import { newDoctor, newPatient } from './people.ts'
import { shelf } from './prescribing.ts'
import { weighted } from './random.ts'
import { toPatient } from './registration.ts'
import { generalPractice, type Specialty, specialties } from './specialties.ts'

const MANUFACTURERS = [
  'Alderbrook Pharma',
  'Bergstrand Laboratories',
  'Corvane Generics',
  'Delmare Biotech',
  'Estuary Health',
  'Fennwick & Sons',
  'Grünwald Arzneimittel',
  "L'Orée Laboratoires",
  'Northlake Medicines',
  'Quintessa Pharma',
]
const MANUFACTURER_UNKNOWN = 0.03

const roster = weighted(specialties, (specialty) => specialty.weight)

export interface SeedSizes {
  doctors: number
  patients: number
  medicines: number
}

function hire(house: House, specialty: Specialty): void {
  const doctor = { row: newDoctor(house.random, house.ids.next('doctors'), specialty), specialty }
  house.doctors.push(doctor)
  house.matcher.add(doctor)
  added(house, 'doctors', doctor.row)
}

function stockUp(house: House, count: number): void {
  const { random, ids, medicines } = house
  for (const drug of formulary.slice(0, count)) {
    const row = {
      medicine_id: ids.next('medicines'),
      name: drug.name,
      category: drug.category,
      manufacturer: random.chance(MANUFACTURER_UNKNOWN) ? null : random.pick(MANUFACTURERS),
      price: formatCents(random.int(...drug.price)),
    }
    medicines.push({ row, drug })
    added(house, 'medicines', row)
  }
  house.stock = shelf(medicines)
}

/** Fills the dimensions that are empty. Every specialty has a doctor before any has two, and there is a general practitioner. */
export function seed(house: House, sizes: SeedSizes): void {
  const { random, clock, ids, matcher, doctors, patients, medicines } = house
  if (doctors.length === 0) {
    for (let at = 0; at < sizes.doctors; at++) hire(house, specialties[at] ?? random.draw(roster))
  }
  if (!matcher.has(generalPractice)) hire(house, generalPractice)
  if (patients.length === 0) {
    for (let at = 0; at < sizes.patients; at++) {
      const row = newPatient(random, ids.next('patients'), clock.day, false)
      patients.push(toPatient(row))
      added(house, 'patients', row)
    }
  }
  if (medicines.length === 0) stockUp(house, sizes.medicines)
}
