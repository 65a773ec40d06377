import type { HttpFunction } from '@google-cloud/functions-framework'
import { PipelineError, safeError } from '@pipeline/hospital/errors.ts'
import { z } from 'zod'
import { bodyOf, postFunction, sendError } from '../http.ts'
import { type ExportDeps, type ExportReport, exportAll } from './export.ts'

/** An export stops well before the platform ends the function. */
const BUDGET_SHARE = 0.85
const requestSchema = z.object({ again: z.boolean().default(false) })

/** What a whole export still has a person look at. */
function complaint({ missing, refusedRows, day }: ExportReport): PipelineError | undefined {
  if (missing.length > 0)
    return new PipelineError('EXPORT_TABLE_MISSING', { tables: missing.join(', '), day })
  return refusedRows > 0 ? new PipelineError('EXPORT_ROWS_REFUSED', { rows: refusedRows, day }) : undefined
}

/**
 * POST `{"again"?: true}`: 200 with an ExportReport; 500 with the report and an error where rows or tables had to be
 * left out; 503 when the next call can go on.
 */
export function exportFunction(deps: Omit<ExportDeps, 'deadline'>, timeoutSeconds: number): HttpFunction {
  const now = deps.now ?? Date.now
  return postFunction(async (request, response) => {
    let again: boolean
    try {
      again = requestSchema.parse(JSON.parse(bodyOf(request)?.toString() || '{}')).again
    } catch {
      sendError(response, 400, new PipelineError('REQUEST_INVALID', { expected: '{"again": true or false}' }))
      return
    }
    try {
      const deadline = now() + timeoutSeconds * 1000 * BUDGET_SHARE
      const report = await exportAll({ ...deps, deadline }, again)
      const error = complaint(report)
      if (error) deps.log.error({ error: safeError(error) }, 'the export lacks something')
      response.status(error ? 500 : 200).json({ ...(error ? safeError(error) : {}), ...report })
    } catch (error) {
      deps.log.error({ error: safeError(error) }, 'not exported')
      const passing = !(error instanceof PipelineError) || error.retry === 'backoff'
      sendError(response, passing ? 503 : 500, error)
    }
  })
}
