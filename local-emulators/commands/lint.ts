import { join } from 'node:path'
import { dbtProject } from '../dbt/generate.ts'
import { lintSql } from '../dbt/lint-sql.ts'
import { root } from '../paths.ts'
import { runInherited } from './run-inherited.ts'

async function each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (const item of items) results.push(await work(item))
  return results
}

/** Type check, biome, and sqlfluff for dbt; exit code 1 when either complains. */
export async function lint(): Promise<void> {
  const bin = (name: string): string => join(root, 'node_modules', '.bin', name)
  const codes = [
    // The page and its tests know a browser, the rest does not.
    ...(await each([root, join(root, 'dashboard', 'page'), join(root, 'dashboard', 'browser')], (project) =>
      runInherited(bin('tsc'), ['--project', project]),
    )),
    await runInherited(bin('biome'), ['check', root]),
  ]
  const sql = await lintSql(dbtProject)
  for (const line of sql) console.error(line)
  if (sql.length > 0) codes.push(1)
  if (codes.some((code) => code !== 0)) process.exitCode = 1
  else console.log('lint: nothing to mend')
}
