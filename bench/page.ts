import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Choices } from '@pipeline/dashboard/reports/report.ts'
import { runStackDbt } from '@pipeline/local-emulators/commands/dbt.ts'
import { load } from '@pipeline/local-emulators/commands/load.ts'
import { quietStep } from '@pipeline/local-emulators/commands/steps.ts'
import { waitForLake } from '@pipeline/local-emulators/commands/wait-for-lake.ts'
import { statePaths } from '@pipeline/local-emulators/paths.ts'
import { produce } from '@pipeline/local-emulators/producer/produce.ts'
import { readSettings } from '@pipeline/local-emulators/settings.ts'
import { install } from '@pipeline/local-emulators/setup/install.ts'
import type { StackFile } from '@pipeline/local-emulators/stack-file.ts'
import { Stack } from '@pipeline/local-emulators/supervisor/stack.ts'
import { plainTable } from '@pipeline/local-emulators/table.ts'

const REQUESTS_A_SECOND = 200
const SECONDS = 30
const CHANGES_A_SECOND = 200
const LOAD_EVERY_MS = 5_000
const WANTED_P95_MS = 200

export interface PageResult {
  requestsPerSecond: number
  requests: number
  failed: number
  p50Ms: number
  p95Ms: number
  p99Ms: number
  /** Changes a second that went through the pipeline meanwhile. */
  changesPerSecond: number
}

const say = (text: string): void => console.error(`bench: ${text}`)

/** What viewers ask for: mostly health, then charts and tables under many choices, then whole pages. */
function paths({ departments, doctors }: Choices): (index: number) => string {
  const searches = [
    '',
    ...departments.map((department) => `?${new URLSearchParams({ department })}`),
    ...doctors.slice(0, 12).map(({ id: doctor }) => `?${new URLSearchParams({ doctor })}`),
  ]
  return (index) => {
    const search = searches[Math.floor(index / 20) % searches.length]!
    const kind = index % 20
    if (kind < 11) return '/api/health'
    if (kind < 16) return `/api/report${search}`
    if (kind < 18) return `/api/tables/doctors${search}`
    if (kind < 19) return `/api/tables/journey${search}`
    return '/'
  }
}

function ask(agent: Agent, base: URL, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(
      { agent, host: base.hostname, port: base.port, path, timeout: 10_000 },
      (response) => {
        response.resume()
        response.once('end', () => resolve(response.statusCode === 200))
        response.once('error', () => resolve(false))
      },
    )
    asked.once('timeout', () => asked.destroy())
    asked.once('error', () => resolve(false))
    asked.end()
  })
}

/** Sends at a steady rate, whatever the answers do; a request's time counts from when it was due. */
async function fire(
  base: URL,
  pathOf: (index: number) => string,
): Promise<{ times: number[]; failed: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 128 })
  const times: number[] = []
  let failed = 0
  const open: Promise<void>[] = []
  const from = performance.now()
  for (let index = 0; index < REQUESTS_A_SECOND * SECONDS; index++) {
    const due = from + (index * 1000) / REQUESTS_A_SECOND
    const early = due - performance.now()
    if (early > 1) await sleep(early)
    open.push(
      ask(agent, base, pathOf(index)).then((ok) => {
        times.push(performance.now() - due)
        if (!ok) failed += 1
      }),
    )
  }
  await Promise.all(open)
  agent.destroy()
  return { times: times.sort((a, b) => a - b), failed }
}

/** Loads and publishes while the page is under load, so that it has to take up new marts. */
async function loadWhile(stack: StackFile, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(LOAD_EVERY_MS, undefined, { signal }).catch(() => {})
    if (!signal.aborted) await load(stack)
  }
}

async function measure(stack: StackFile): Promise<PageResult> {
  say('a hospital of some ten thousand changes, loaded and built')
  await produce({ databaseUrl: stack.postgresUrl, rate: 1_000, changes: 15_000, seed: 1 })
  await waitForLake(stack, 120)
  await load(stack)
  await runStackDbt(stack, ['build'], () => {})
  const choices = (await (await fetch(`${stack.dashboardUrl}/api/choices`)).json()) as Choices
  const pathOf = paths(choices)
  say(`${REQUESTS_A_SECOND} requests a second for ${SECONDS} s at ${CHANGES_A_SECOND} changes a second`)
  const stop = new AbortController()
  const producing = produce({
    databaseUrl: stack.postgresUrl,
    rate: CHANGES_A_SECOND,
    seconds: SECONDS + 5,
    seed: 2,
  })
  const loading = loadWhile(stack, stop.signal)
  await sleep(2_000)
  const { times, failed } = await fire(new URL(stack.dashboardUrl), pathOf)
  const produced = await producing
  stop.abort()
  await loading
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))]!
  return {
    requestsPerSecond: REQUESTS_A_SECOND,
    requests: times.length,
    failed,
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    changesPerSecond: produced.changesPerSecond,
  }
}

/** `npm run bench -- --page`: the page under load while the pipeline runs, on a stack of its own. */
export async function benchPage(options: { json?: boolean }): Promise<void> {
  await install()
  const dir = await mkdtemp(join(tmpdir(), 'hospital-page-'))
  const stack = new Stack(statePaths(dir), { ...readSettings(), HOSPITAL_DATABASE_URL: undefined })
  try {
    say('starting a stack')
    await stack.start(quietStep)
    const result = await measure(stack.info)
    if (options.json) console.log(JSON.stringify(result))
    else {
      const table = plainTable(['the page under load', 'measured', 'wanted'])
      table.push(['requests', `${result.requests} in ${SECONDS} s, ${result.failed} failed`, 'none failed'])
      table.push(['half within', `${result.p50Ms.toFixed(1)} ms`, ''])
      table.push(['95 % within', `${result.p95Ms.toFixed(1)} ms`, `${WANTED_P95_MS} ms`])
      table.push(['99 % within', `${result.p99Ms.toFixed(1)} ms`, ''])
      table.push(['changes a second meanwhile', result.changesPerSecond.toFixed(0), String(CHANGES_A_SECOND)])
      console.log(table.toString())
    }
    if (result.failed > 0 || result.p95Ms > WANTED_P95_MS) process.exitCode = 1
  } finally {
    await stack.stop(quietStep)
    await rm(dir, { recursive: true, force: true })
  }
}
