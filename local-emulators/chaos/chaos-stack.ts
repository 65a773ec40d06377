import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietStep } from '../commands/steps.ts'
import { statePaths } from '../paths.ts'
import { readSettings } from '../settings.ts'
import type { StackFile } from '../stack-file.ts'
import { Stack } from '../supervisor/stack.ts'
import { relayClock, setClock } from './faults/clock.ts'
import { FaultProxy } from './faults/proxy.ts'
import type { Place } from './plan.ts'

/** Short enough that what failed comes again while a seed is still watched; Pub/Sub takes no shorter deadline. */
const PUSH = { ackDeadlineSeconds: 10, minimumBackoffSeconds: 0.2, maximumBackoffSeconds: 2 }

/** A stack whose functions and relay reach their stores through fault proxies, and whose relay has a clock that can be set. */
export class ChaosStack {
  readonly stack: Stack
  readonly dir: string
  readonly clockFile: string
  /** How far the relay's clock is from the true one. */
  clockShiftMs = 0
  readonly proxies: Record<Place, FaultProxy>

  private constructor(stack: Stack, dir: string, clockFile: string, proxies: Record<Place, FaultProxy>) {
    this.stack = stack
    this.dir = dir
    this.clockFile = clockFile
    this.proxies = proxies
  }

  get info(): StackFile {
    return this.stack.info
  }

  /** Starts all of it in a folder of its own. `random` says which requests the proxies disturb. */
  static async start(random: () => number): Promise<ChaosStack> {
    const dir = await mkdtemp(join(tmpdir(), 'hospital-chaos-'))
    const clockFile = join(dir, 'relay-clock')
    await setClock(clockFile, 0)
    const proxies: Partial<Record<Place, FaultProxy>> = {}
    const settings = { ...readSettings(), HOSPITAL_DATABASE_URL: undefined }
    const stack = new Stack(statePaths(dir), settings, {
      relayEnv: relayClock(clockFile),
      push: PUSH,
      seenByParts: async (real) => {
        proxies.gcs = await FaultProxy.start(real.gcsEndpoint, random)
        proxies.clickhouse = await FaultProxy.start(real.clickhouseUrl, random)
        return { ...real, gcsEndpoint: proxies.gcs.url, clickhouseUrl: proxies.clickhouse.url }
      },
    })
    const chaos = new ChaosStack(stack, dir, clockFile, proxies as Record<Place, FaultProxy>)
    try {
      await stack.start(quietStep)
      return chaos
    } catch (error) {
      await chaos.stop(false)
      throw error
    }
  }

  /** Stops it; its folder, with the logs of all parts, stays only when asked to. */
  async stop(keep: boolean): Promise<void> {
    await this.stack.stop(quietStep)
    await Promise.all(Object.values(this.proxies).map((proxy) => proxy.close()))
    if (!keep) await rm(this.dir, { recursive: true, force: true })
  }
}
