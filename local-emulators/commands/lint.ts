import { join } from 'node:path'
import { dbtProject } from '../dbt/generate.ts'
import { lintSql } from '../dbt/lint-sql.ts'
import { root } from '../paths.ts'
import { install } from '../setup/install.ts'
import { runInherited } from './run-inherited.ts'

/** Type check, biome, and sqlfluff for dbt; exit code 1 when either complains. */
export async function lint(): Promise<void> {
  const bin = (name: string): string => join(root, 'node_modules', '.bin', name)
  const codes: number[] = []
  // The page and its tests know a browser, the rest does not.
  for (const project of [root, join(root, 'dashboard', 'page'), join(root, 'dashboard', 'browser')])
    codes.push(await runInherited(bin('tsc'), ['--project', project]))
  codes.push(await runInherited(bin('biome'), ['check', root]))
  await install({ sql: true })
  const sql = await lintSql(dbtProject)
  for (const line of sql) console.error(line)
  if (sql.length > 0) codes.push(1)
  if (codes.some((code) => code !== 0)) process.exitCode = 1
  else console.log('lint: nothing to mend')
}
