import { tmpdir } from 'node:os'
import type { HttpFunction } from '@google-cloud/functions-framework'
import { type Table, tablesOfKind } from '@pipeline/hospital/catalog.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { z } from 'zod'
import { bodyOf, postFunction, sendError } from '../http.ts'
import { gcsLake } from '../lake/gcs.ts'
import { settingsBucket } from '../lake/settings-bucket.ts'
import { createLog } from '../log.ts'
import { pubsubPublisher } from '../publisher.ts'
import { readSettings, settingNames } from '../settings.ts'
import { composeWarehouse } from '../warehouse/compose.ts'
import type { LoaderDeps } from './group.ts'
import { loadTables, statusOf } from './load.ts'

/** A load ends its last group well before the platform ends the function. */
const BUDGET_SHARE = 0.7

const retrySchema = z.object({ retry: z.array(z.string().startsWith('changes/')).max(10_000).default([]) })

/** `{"retry": [names]}`: objects that were given up and are to be looked at again. Throws REQUEST_INVALID. */
function readRetry(body: Buffer | undefined): string[] {
  try {
    return retrySchema.parse(JSON.parse(body?.toString() || '{}')).retry
  } catch {
    throw new PipelineError('REQUEST_INVALID', { expected: '{"retry"?: ["changes/…"]}' })
  }
}

/**
 * An HTTP function that loads tables: 200 with a LoadReport, or 503 (500: a person must look) with the same report in
 * which the tables that failed carry their error. Calls that come meanwhile wait their turn.
 */
export function loaderFunction(
  deps: LoaderDeps,
  tables: readonly string[],
  timeoutSeconds: number,
): HttpFunction {
  const now = deps.now ?? Date.now
  let last: Promise<unknown> = Promise.resolve()
  return postFunction(async (request, response) => {
    let retry: string[]
    try {
      retry = readRetry(bodyOf(request))
    } catch (error) {
      sendError(response, 400, error)
      return
    }
    const deadline = now() + timeoutSeconds * 1000 * BUDGET_SHARE
    const mine = last.then(async () => {
      for (const [table, objects] of Map.groupBy(retry, (object) => object.split('/')[1]!)) {
        if (tables.includes(table)) await deps.warehouse.retry(table, objects)
      }
      return loadTables(deps, tables, deadline)
    })
    last = mine.catch(() => undefined)
    const report = await mine
    response.status(statusOf(report)).json({ function: deps.name, ...report })
  })
}

/** The composition root of both loaders, from the environment. */
export function composeLoader(name: string, kind: Table['kind']): HttpFunction {
  const settings = readSettings(settingNames.loader, process.env)
  const deps: LoaderDeps = {
    name,
    lake: gcsLake(settingsBucket(settings)),
    warehouse: composeWarehouse(settings),
    deadLetters: pubsubPublisher(settings.GOOGLE_CLOUD_PROJECT, settings.DEAD_LETTER_TOPIC),
    log: createLog(name, settings.LOG_LEVEL),
    tempRoot: tmpdir(),
    parallel: 4,
    limits: {
      objects: settings.LOAD_GROUP_OBJECTS,
      bytes: settings.LOAD_GROUP_BYTES,
      stagedBytes: settings.LOAD_STAGED_BYTES,
    },
  }
  const tables = tablesOfKind(kind).map((table) => table.name)
  return loaderFunction(deps, tables, settings.FUNCTION_TIMEOUT_SECONDS)
}
