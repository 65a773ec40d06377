import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { root, tools } from '../paths.ts'
import { command, installPython } from './steps.ts'

const requirements = join(root, 'local-emulators', 'setup', 'requirements-sql.txt')
const describe = join(root, 'local-emulators', 'dbt-check', 'googlesql', 'descriptors.py')
const STALE_MS = 600_000

export interface SqlTools {
  /** zetasql.wasm: GoogleSQL. */
  wasm: string
  /** The interface of it. */
  descriptors: string
  sqlfluff: string
}

const paths: SqlTools = {
  wasm: join(tools.sqlVenv, 'zetasql.wasm'),
  descriptors: join(tools.sqlVenv, 'zetasql.fds'),
  sqlfluff: join(tools.sqlVenv, 'bin', 'sqlfluff'),
}

/** Brings GoogleSQL and sqlfluff to what their file of requirements says, once however many ask at the same time. */
export async function sqlTools(): Promise<SqlTools> {
  const sources = await Promise.all([readFile(requirements), readFile(describe)])
  const wanted = createHash('sha256').update(Buffer.concat(sources)).digest('hex')
  const stamp = join(tools.sqlVenv, '.installed-from')
  const lock = `${tools.sqlVenv}.lock`
  await mkdir(join(tools.sqlVenv, '..'), { recursive: true })
  for (;;) {
    if ((await readFile(stamp, 'utf8').catch(() => '')) === wanted) return paths
    if (await take(lock)) break
    await sleep(500)
  }
  try {
    console.error('Installing Python packages: GoogleSQL, sqlfluff')
    const quiet = (): void => {}
    await installPython(tools.sqlVenv, requirements, quiet)
    const python = join(tools.sqlVenv, 'bin', 'python')
    await command(python, [describe, paths.descriptors], quiet)
    const copy = 'import shutil, sys, zetasql.wasi as w; shutil.copyfile(w.get_wasm_path(), sys.argv[1])'
    await command(python, ['-c', copy, paths.wasm], quiet)
    await writeFile(stamp, wanted)
    return paths
  } finally {
    await rm(lock, { recursive: true, force: true })
  }
}

/** Whether this process has the lock now. One that a killed process left is taken after ten minutes. */
async function take(lock: string): Promise<boolean> {
  try {
    await mkdir(lock)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const made = await stat(lock).catch(() => undefined)
    if (made && Date.now() - made.mtimeMs > STALE_MS) await rm(lock, { recursive: true, force: true })
    return false
  }
}
