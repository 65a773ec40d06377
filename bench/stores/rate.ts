/** Ours and the plain loop beside it, rows a second. */
export interface Beside {
  rowsPerSecond: number
  loopRowsPerSecond: number
  factor: number
}

export const LOOP_MS = 8_000

/** Rows a second of work that takes `rows`. */
export async function rateOf(rows: number, work: () => Promise<void>): Promise<number> {
  const begun = performance.now()
  await work()
  return rows / ((performance.now() - begun) / 1000)
}

/** Rows a second of a loop that takes a row at a time, for so long or until the rows are out. */
export async function loopRate(
  rows: number,
  one: (at: number) => Promise<void>,
  longestMs = LOOP_MS,
): Promise<number> {
  const begun = performance.now()
  let done = 0
  while (done < rows && performance.now() - begun < longestMs) await one(done++)
  return done / ((performance.now() - begun) / 1000)
}

export function beside(rowsPerSecond: number, loopRowsPerSecond: number): Beside {
  return { rowsPerSecond, loopRowsPerSecond, factor: rowsPerSecond / loopRowsPerSecond }
}

/** Takes items `atOnce` at a time, as a function with that concurrency is sent them. */
export async function together<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items]
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/** Throws unless a store has as many rows as were sent: what was not stored does not count as fast. */
export function expectRows(store: string, is: number, due: number): void {
  if (is !== due) throw new Error(`${store} has ${is} rows and not ${due}`)
}

/** For sinks that must not meet anything that goes there. */
export const nowhere = {
  publish: async (): Promise<void> => {
    throw new Error('nothing should have gone to another topic')
  },
}
