import { sqlTools } from '../setup/sql-tools.ts'
import { checkAdapter } from './adapter.ts'
import { addSources } from './catalog.ts'
import { type Compiled, compileProject } from './compile.ts'
import { GoogleSql } from './googlesql/engine.ts'
import { GoogleSqlService } from './googlesql/service.ts'
import { checkModels, checkOthers, type Finding, type ModelReport } from './models.ts'
import { checkPage } from './page.ts'
import { runUnitTests } from './unit-tests.ts'

export interface CheckReport {
  /** Everything that was analysed or run, with its error or none. */
  findings: Finding[]
  /** Nodes of the project that nothing was said about. */
  skipped: string[]
  unitTests: number
  scans: ModelReport['scans']
  seconds: number
}

/** Resource types that hold no SQL: an operation's statements are noted by the macro that makes them. */
const WITHOUT_SQL = new Set(['operation'])

function skippedNodes({ manifests }: Compiled, findings: readonly Finding[]): string[] {
  const named = new Set(findings.map(({ name }) => name.replace(/ \((full|incremental)\)$/, '')))
  const { nodes, unit_tests } = manifests.full
  const all = [...Object.values(nodes), ...Object.values(unit_tests)]
  const skipped = all.filter(
    (node) => !named.has(node.unique_id) && !('resource_type' in node && WITHOUT_SQL.has(node.resource_type)),
  )
  const incremental = Object.values(nodes).filter(({ config }) => config.materialized === 'incremental')
  const branches = new Set(findings.map(({ name }) => name))
  const half = incremental.filter((node) => !branches.has(`${node.unique_id} (incremental)`))
  return [...skipped, ...half].map(({ unique_id }) => unique_id)
}

/**
 * Compiles a dbt project for BigQuery into a folder and has GoogleSQL analyse all of it, run its unit tests, and analyse
 * the statements of the BigQuery adapter and of the page of reports. Throws SETTING_INVALID when the project can't be compiled.
 */
export async function checkProject(projectDir: string, folder: string): Promise<CheckReport> {
  const started = Date.now()
  const compiled = await compileProject(projectDir, folder)
  const sql = new GoogleSql(await GoogleSqlService.load(sqlTools.wasm, sqlTools.descriptors))
  const described = addSources(sql, compiled.manifests.full)
  const sources = described.map((error) => ({ name: 'sources', error }))
  const models = checkModels(sql, compiled)
  const units = runUnitTests(sql, compiled)
  const findings = [
    ...sources,
    ...models.findings,
    ...checkOthers(sql, compiled),
    ...units,
    ...(await checkAdapter(sql)),
    ...checkPage(sql, compiled.manifests.full),
  ]
  return {
    findings,
    skipped: skippedNodes(compiled, findings),
    unitTests: units.length,
    scans: models.scans,
    seconds: (Date.now() - started) / 1000,
  }
}
