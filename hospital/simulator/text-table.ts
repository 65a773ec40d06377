import { type AgeBand, NEWBORN } from './calendar.ts'

export const OLDEST: AgeBand = 120

export interface AgeRange {
  min: AgeBand
  max: AgeBand
}

/** Rows of a table written as text, cells parted by `|`. Throws on a row with another number of cells. */
export function readTable(text: string, columns: number): string[][] {
  const rows = text
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
  const wrong = rows.find((cells) => cells.length !== columns)
  if (wrong) throw new RangeError(`a row with ${wrong.length} cells instead of ${columns}: ${wrong[0]}`)
  return rows
}

/** Words of a cell, parted by commas. */
export function list(cell: string): string[] {
  return cell === '' ? [] : cell.split(',').map((word) => word.trim())
}

function age(text: string): AgeBand {
  if (text === 'newborn') return NEWBORN
  if (!/^\d+$/.test(text)) throw new RangeError(`not an age: ${text}`)
  return Number(text)
}

/** `newborn`, `12+`, `newborn+` or `5-17`, both ends included. */
export function ages(cell: string): AgeRange {
  if (cell.endsWith('+')) return { min: age(cell.slice(0, -1)), max: OLDEST }
  const [min, max] = cell.split('-')
  return { min: age(min!), max: age(max ?? min!) }
}

/** `120-480` as two numbers. */
export function range(cell: string): [number, number] {
  const [min, max] = cell.split('-').map(Number)
  if (!(min! > 0 && max! >= min!)) throw new RangeError(`not a range: ${cell}`)
  return [min!, max!]
}

/** Whether an age is in a range. An unknown age fits only what has no limit for grown-ups. */
export function fitsAge({ min, max }: AgeRange, band: AgeBand | null): boolean {
  return band === null ? min <= 18 && max === OLDEST : band >= min && band <= max
}
