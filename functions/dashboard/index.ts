import { join } from 'node:path'
import { http } from '@google-cloud/functions-framework'
import { getRequestListener } from '@hono/node-server'
import { httpFollower } from '@pipeline/dashboard/follow/http.ts'
import type { Follower } from '@pipeline/dashboard/follow/steps.ts'
import { httpHealth } from '@pipeline/dashboard/health/http.ts'
import { shared } from '@pipeline/dashboard/health/source.ts'
import { readLinks } from '@pipeline/dashboard/looker/links.ts'
import type { ReportStore } from '@pipeline/dashboard/reports/store.ts'
import { createApp } from '@pipeline/dashboard/server/app.ts'
import { readAssets } from '@pipeline/dashboard/server/assets.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { createLog } from '../log.ts'
import { serveMetrics, watchRequest } from '../metrics.ts'
import { readSettings, settingNames } from '../settings.ts'
import { bigqueryStores, cloudHealth } from './cloud.ts'

const name = 'dashboard'
/** Viewers ask every two seconds; the pipeline is looked at once a second at most. */
const LOOK_EVERY_MS = 1_000
const settings = readSettings(settingNames[name], process.env)
const log = createLog(name, settings.LOG_LEVEL)

async function openStores(): Promise<{ store: ReportStore; follower?: Follower }> {
  if (settings.WAREHOUSE === 'bigquery') return bigqueryStores(settings)
  const path = settings.DUCKDB_PUBLISHED_PATH
  if (path === undefined)
    throw new PipelineError('SETTING_INVALID', {
      settings: 'DUCKDB_PUBLISHED_PATH is missing, WAREHOUSE=duckdb needs it',
    })
  // Native code that the cloud does not need.
  const { duckdbReports } = await import('@pipeline/dashboard/reports/duckdb.ts')
  return { store: duckdbReports({ path }) }
}

async function compose() {
  const { store, follower } = await openStores()
  const url = settings.PIPELINE_URL
  const supervisor = url === undefined ? undefined : httpHealth(`${url}/observation`)
  return createApp({
    store,
    health: supervisor
      ? { read: shared(() => supervisor.read(), LOOK_EVERY_MS) }
      : cloudHealth(store, settings, log),
    follower: url === undefined ? follower : httpFollower(`${url}/follow`),
    assets: await readAssets(settings.PAGE_ASSETS ?? join(import.meta.dirname, 'assets')),
    links: { looker: readLinks(settings.LOOKER_LINKS) },
    log,
  })
}

// A wrong setting ends the start.
const app = await compose()
const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })

http(name, async (request, response) => {
  if (await serveMetrics(request, response)) return
  watchRequest(response)
  await listener(request, response)
})
