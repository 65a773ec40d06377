import type { Step } from '../supervisor/stack.ts'

/** Prints a line when a step is done, with its time; a failed one says so before the error goes on. */
export const printStep: Step = async (title, work) => {
  const started = Date.now()
  const seconds = (): string => `${((Date.now() - started) / 1000).toFixed(1)} s`
  try {
    const result = await work()
    console.log(`  ${title.padEnd(44)} ${seconds()}`)
    return result
  } catch (error) {
    console.log(`  ${title.padEnd(44)} failed after ${seconds()}`)
    throw error
  }
}

/** For steps that nobody watches. */
export const quietStep: Step = (_title, work) => work()
