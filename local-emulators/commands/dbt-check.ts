import { join } from 'node:path'
import { dbtProject } from '../dbt/generate.ts'
import { checkProject } from '../dbt-check/check.ts'
import { root } from '../paths.ts'
import { install } from '../setup/install.ts'

/** `npm run dbt:check`: the dbt project and the BigQuery adapter in GoogleSQL. Sets the exit code when something is wrong. */
export async function dbtCheck(): Promise<void> {
  await install({ sql: true })
  // What dbt parsed is kept, so that the next check is faster.
  const { findings, skipped, unitTests, seconds } = await checkProject(
    dbtProject,
    join(root, '.tools', 'dbt-check'),
  )
  const failed = findings.filter(({ error }) => error !== '')
  for (const { name, error } of failed) console.error(`failed: ${name}\n  ${error}`)
  for (const name of skipped) console.error(`skipped: ${name}`)
  const count = (pattern: RegExp): number => findings.filter(({ name }) => pattern.test(name)).length
  console.log(
    `${findings.length} statements in GoogleSQL: ${count(/^model\..*\(full\)$/)} models, ` +
      `${count(/^model\..*\(incremental\)$/)} incremental branches, ${count(/^(merge|insert_overwrite|hook|operations) of /)} merges and hooks, ` +
      `${count(/^test\./)} tests, ${count(/^adapter: /)} of the adapter; ${unitTests} unit tests run\n` +
      `${failed.length} failed, ${skipped.length} skipped, ${seconds.toFixed(1)} s`,
  )
  if (failed.length + skipped.length > 0) process.exitCode = 1
}
