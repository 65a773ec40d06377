import { join } from 'node:path'
import { root, tools } from '../paths.ts'
import { command, installPython } from './steps.ts'

const requirements = join(root, 'local-emulators', 'setup', 'requirements-sql.txt')
const describe = join(root, 'local-emulators', 'dbt-check', 'googlesql', 'descriptors.py')

/** What the tools are made from. */
export const SQL_SOURCES = [requirements, describe]

/** Where `install({ sql: true })` puts GoogleSQL and sqlfluff. */
export const sqlTools = {
  /** zetasql.wasm: GoogleSQL. */
  wasm: join(tools.sqlVenv, 'zetasql.wasm'),
  /** The interface of it. */
  descriptors: join(tools.sqlVenv, 'zetasql.fds'),
  sqlfluff: join(tools.sqlVenv, 'bin', 'sqlfluff'),
}

export async function installSqlTools(progress: (line: string) => void): Promise<void> {
  await installPython(tools.sqlVenv, requirements, progress)
  const python = join(tools.sqlVenv, 'bin', 'python')
  await command(python, [describe, sqlTools.descriptors], progress)
  const copy = 'import shutil, sys, zetasql.wasi as w; shutil.copyfile(w.get_wasm_path(), sys.argv[1])'
  await command(python, ['-c', copy, sqlTools.wasm], progress)
}
