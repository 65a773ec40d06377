import { safeError } from '@pipeline/hospital/errors.ts'
import type { Logger } from 'pino'

/** Tasks that run again and again; one that fails is told of and tried again at its next time. */
export class Periodic {
  readonly #logger: Logger
  readonly #timers: NodeJS.Timeout[] = []

  constructor(logger: Logger) {
    this.#logger = logger
  }

  every(ms: number, work: () => unknown): void {
    const run = async (): Promise<void> => {
      try {
        await work()
      } catch (error) {
        this.#logger.warn({ error: safeError(error) }, 'a periodic task failed and will be tried again')
      }
    }
    this.#timers.push(setInterval(() => void run(), ms))
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
  }
}
