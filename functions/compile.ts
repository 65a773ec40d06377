import { join } from 'node:path'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { manifest } from './manifest.ts'

/**
 * Leaves all functions in Node's compile cache (NODE_COMPILE_CACHE), so that none of the processes that start at once
 * has to compile them. They have no settings here, and say so.
 */
for (const { folder, runtime } of manifest) {
  if (!runtime.startsWith('nodejs')) continue
  try {
    await import(join(import.meta.dirname, folder, 'index.ts'))
  } catch (error) {
    if (!(error instanceof PipelineError && error.code === 'SETTING_INVALID')) throw error
  }
}
await import('./serve.ts')
process.exit(0)
