import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { emptyWarehouse } from '../dbt/empty-warehouse.ts'
import { runDbt } from '../dbt/run.ts'
import { install } from '../setup/install.ts'

export interface DocsOptions {
  port: number
  /** Writes the page there and serves nothing. */
  out?: string
}

/** Makes dbt's docs as one page, from a warehouse without data. Returns the file, in a folder that the caller removes. */
export async function makeDocs(folder: string): Promise<string> {
  const duckdbPath = join(folder, 'hospital.duckdb')
  await emptyWarehouse(duckdbPath)
  for (const args of [['run'], ['docs', 'generate', '--static']]) {
    const { ok, results } = await runDbt({ args, duckdbPath, logDir: folder })
    if (ok) continue
    const failed = results.filter(({ status }) => !['success', 'pass', 'skipped'].includes(status))
    const why = failed.map(({ name, message }) => `${name}: ${message}`).join('; ')
    throw new PipelineError('DBT_FAILED', { failed: why })
  }
  return join(folder, 'target', 'static_index.html')
}

/** `npm run dbt:docs`: serves dbt's docs until it is stopped. */
export async function dbtDocs({ port, out }: DocsOptions): Promise<void> {
  await install()
  const folder = await mkdtemp(join(tmpdir(), 'dbt-docs-'))
  try {
    console.log("Making dbt's docs")
    const file = await makeDocs(folder)
    if (out !== undefined) {
      await copyFile(file, resolve(out))
      console.log(`docs are in ${resolve(out)}`)
      return
    }
    await serve(await readFile(file), port)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function serve(page: Buffer, port: number): Promise<void> {
  const server = createServer((request, response) => {
    const found = request.url === '/' || request.url === '/index.html'
    response.writeHead(found ? 200 : 404, { 'content-type': 'text/html; charset=utf-8' })
    response.end(found ? page : '')
  })
  const stopped = new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.once('close', resolve)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close())
  })
  server.listen(port, '127.0.0.1', () => {
    const address = server.address()
    const at = typeof address === 'object' && address ? address.port : port
    console.log(`dbt's docs: http://127.0.0.1:${at}/`)
  })
  await stopped
}
