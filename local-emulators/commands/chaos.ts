import { ChaosRunner } from '../chaos/run.ts'
import { install } from '../setup/install.ts'

interface Options {
  seeds: number
  firstSeed: number
  seconds: number
}

/** `npm run chaos`: seeds one after the other; exit code 1 if one did not hold. */
export async function chaos({ seeds, firstSeed, seconds }: Options): Promise<void> {
  await install()
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => interrupted.abort(new Error('interrupted')))
  }
  const runner = new ChaosRunner(console.log, interrupted.signal)
  let held = 0
  try {
    for (let seed = firstSeed; seed < firstSeed + seeds && !interrupted.signal.aborted; seed++) {
      if (await runner.holds(seed, seconds * 1000)) held += 1
    }
  } catch (error) {
    if (!interrupted.signal.aborted) throw error
    console.log('interrupted')
  } finally {
    await runner.close()
  }
  console.log(`${held} of ${seeds} seeds held`)
  if (held < seeds) process.exitCode = 1
}
