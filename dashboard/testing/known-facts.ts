export interface KnownDoctor {
  id: number
  name: string
  department: string
  level: string
}

export interface KnownVisit {
  id: number
  day: string
  doctor: KnownDoctor
  patient: string
  age: number | null
  diagnosis: string | null
  /** Cents; null until it is known. */
  cost: number | null
  medicines: { id: number; name: string; cost: number }[]
  bills: { day: string; cents: number; status: 'Paid' | 'Unpaid' | 'Pending' }[]
}

const DEPARTMENTS = ['Cardiology', 'Neurology', 'Paediatrics', 'Orthopaedics']
const NAMES = [
  'Ada Byron',
  'Bo Lind',
  "Cara O'Neil",
  'Dai Evans',
  'Ewa Nowak',
  'Finn Berg',
  'Gül Şahin',
  'Hana Ito',
]
const DIAGNOSES = [
  'I10 Essential hypertension',
  'G43.9 Migraine, unspecified',
  'J06.9 Acute upper respiratory infection',
  'S52.5 Fracture of lower end of radius',
  'I50.9 Heart failure, unspecified',
]
const MEDICINES = ['Aspirin 100 mg', 'Bisoprolol 5 mg', 'Ibuprofen 400 mg', '=HYPERLINK("x")']

export const doctors: KnownDoctor[] = NAMES.map((name, index) => ({
  id: index + 1,
  name,
  department: DEPARTMENTS[index % 4]!,
  level: ['Junior', 'Experienced', 'Senior'][index % 3]!,
}))

function dayAfter(start: string, days: number): string {
  return new Date(Date.parse(`${start}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

/** A small hospital, the same at each call: fourteen months of visits, some of unknown cost, diagnosis or age. */
export function knownVisits(count = 400): KnownVisit[] {
  let state = 7
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  return Array.from({ length: count }, (_, index) => {
    const day = dayAfter('2025-01-01', random(420))
    // Some doctors are busier than others; the last one has no visits.
    const doctor = doctors[Math.min(random(7), random(7))]!
    const patient = random(90)
    const cost = random(12) === 0 ? null : 2_000 + random(90_000)
    const bills = Array.from({ length: random(3) }, () => ({
      day: dayAfter(day, random(20)),
      cents: 1 + random(60_000),
      status: (['Paid', 'Unpaid', 'Pending'] as const)[random(3)]!,
    }))
    return {
      id: index + 1,
      day,
      doctor,
      patient: `p${patient.toString(16).padStart(31, '0')}`,
      age: patient % 17 === 0 ? null : Math.min(90, (patient * 13) % 97),
      diagnosis: random(20) === 0 ? null : DIAGNOSES[Math.min(random(5), random(5))]!,
      cost,
      medicines: Array.from({ length: random(3) }, () => {
        const at = random(4)
        return { id: at + 1, name: MEDICINES[at]!, cost: 100 + random(5_000) }
      }),
      bills,
    }
  })
}
