import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { writePage } from '../build.ts'
import type { Followed } from '../follow/steps.ts'
import { judge } from '../health/judge.ts'
import type { Observation } from '../health/observation.ts'
import { duckdbReports } from '../reports/duckdb.ts'
import { createApp } from '../server/app.ts'
import { readAssets } from '../server/assets.ts'
import type { PageLinks } from '../server/html.ts'
import { type KnownVisit, knownVisits } from './known-facts.ts'
import { writeKnownMarts } from './known-marts.ts'
import { wellObserved } from './well-observed.ts'

export interface ServedPage {
  url: string
  published: string
  /** What is seen of the pipeline; tests change it. */
  observation: Observation
  followed: Followed | undefined
  stop(): Promise<void>
}

/** The page as it is served, over known visits and an observation that tests may change. */
export async function servePage(
  given: { visits?: readonly KnownVisit[] | null; links?: PageLinks } = {},
): Promise<ServedPage> {
  const { visits = knownVisits(), links = { looker: [] } } = given
  const dir = await mkdtemp(join(tmpdir(), 'page-'))
  const published = join(dir, 'published.duckdb')
  if (visits) await writeKnownMarts(published, visits, '2026-03-01T10:00:00Z')
  await writePage(join(dir, 'assets'))
  const store = duckdbReports({ path: published, lookEveryMs: 50 })
  const served: ServedPage = {
    url: '',
    published,
    observation: wellObserved('2026-03-01T10:02:10.000Z'),
    followed: undefined,
    stop: async () => {},
  }
  const app = createApp({
    store,
    health: { read: async () => judge(served.observation) },
    follower: { follow: async () => served.followed },
    assets: await readAssets(join(dir, 'assets')),
    links,
    log: { error: () => {} },
  })
  const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
    const made = serve(
      { fetch: app.fetch, port: 0, hostname: '127.0.0.1', overrideGlobalObjects: false },
      () => resolve(made),
    )
  })
  served.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  served.stop = async () => {
    if ('closeAllConnections' in server) server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await store.close()
    await rm(dir, { recursive: true, force: true })
  }
  return served
}
