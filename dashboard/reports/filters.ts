import { PipelineError } from '@pipeline/hospital/errors.ts'
import { z } from 'zod'

/** What a viewer has chosen; it holds for every chart and table, and stands in the address of the page. */
export interface Filters {
  /** First and last day, ISO 8601, both included. */
  from?: string
  to?: string
  department?: string
  doctor?: string
}

export const FILTER_NAMES = ['from', 'to', 'department', 'doctor'] as const satisfies (keyof Filters)[]

const day = z.iso.date()
const schema = z
  .object({
    from: day.optional(),
    to: day.optional(),
    department: z.string().min(1).max(200).optional(),
    doctor: z
      .string()
      .regex(/^\d{1,19}$/)
      .optional(),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
    path: ['to'],
    error: 'is before from',
  })

/** Reads filters from an address; an empty one counts as none. Throws REQUEST_INVALID with the name of a wrong one. */
export function readFilters(search: URLSearchParams): Filters {
  const given = Object.fromEntries(
    FILTER_NAMES.flatMap((name) => {
      const value = search.get(name)
      return value ? [[name, value]] : []
    }),
  )
  const result = schema.safeParse(given)
  if (result.success)
    return Object.fromEntries(Object.entries(result.data).filter(([, value]) => value !== undefined))
  throw new PipelineError('REQUEST_INVALID', {
    expected: 'from and to as YYYY-MM-DD in order, department, doctor as a number',
    wrong: [...new Set(result.error.issues.map(({ path }) => path.join('.')))].join(', '),
  })
}

/** Filters as a text that is the same for the same choice. */
export function filtersKey(filters: Filters): string {
  return JSON.stringify(FILTER_NAMES.map((name) => filters[name] ?? null))
}
