import { plainName } from './catalog.ts'
import type { Compiled, Manifest, ProjectNode } from './compile.ts'
import type { Analysis, Column, GoogleSql } from './googlesql/engine.ts'
import { ofCatalog } from './googlesql/types.ts'
import { analyseScript } from './script.ts'

export interface Finding {
  /** What was analysed: `model.hospital.visits_enhanced (full)`. */
  name: string
  /** Empty when all is well. */
  error: string
}

export interface ModelReport {
  findings: Finding[]
  /** What each model reads in each branch, by unique id. */
  scans: Map<string, { full: Analysis['scans']; incremental?: Analysis['scans'] }>
}

/** Models in steps: a step has those whose parents are all in earlier ones. */
export function inSteps(manifest: Manifest): ProjectNode[][] {
  const models = Object.values(manifest.nodes).filter(({ resource_type }) => resource_type === 'model')
  const waiting = new Map(models.map((model) => [model.unique_id, model]))
  const steps: ProjectNode[][] = []
  while (waiting.size > 0) {
    const ready = [...waiting.values()].filter(
      ({ depends_on }) => !depends_on?.nodes.some((node) => waiting.has(node)),
    )
    if (ready.length === 0) throw new Error('the models depend on each other in a circle')
    for (const model of ready) waiting.delete(model.unique_id)
    steps.push(ready)
  }
  return steps
}

const isIncremental = ({ config }: ProjectNode): boolean => config.materialized === 'incremental'

function compare(found: readonly Column[], wanted: readonly Column[], what: string): string[] {
  const wrong: string[] = []
  const byName = new Map(found.map((column) => [column.name.toLowerCase(), column.type]))
  for (const { name, type } of wanted) {
    const there = byName.get(name.toLowerCase())
    if (there === undefined) wrong.push(`${what}: there is no column ${name}`)
    else if (there !== type) wrong.push(`${what}: ${name} is ${there}, not ${type}`)
    byName.delete(name.toLowerCase())
  }
  for (const name of byName.keys()) wrong.push(`${what}: does not name the column ${name}`)
  return wrong
}

/** A model's columns as its YAML has them, with BigQuery's types. */
function described({ columns }: ProjectNode): Column[] {
  return Object.values(columns).map(({ name, data_type }) => ({ name, type: ofCatalog(data_type ?? 'none') }))
}

/**
 * Analyses every model in its branches, in order, with the types that come from its parents, and compares what it gives
 * with its contract. What a model gives is the table that its children read.
 */
export function checkModels(sql: GoogleSql, compiled: Compiled): ModelReport {
  const report: ModelReport = { findings: [], scans: new Map() }
  for (const step of inSteps(compiled.manifests.full)) {
    // A table that an incremental model reads back is its own. All of a step are made before one of it is analysed, since
    // a new table makes GoogleSQL read all of them again.
    for (const model of step) sql.setTable(plainName(model.relation_name!), described(model))
    const gives = step.map((model) => ({ model, columns: checkModel(sql, compiled, model, report) }))
    for (const { model, columns } of gives) sql.setTable(plainName(model.relation_name!), columns)
  }
  return report
}

/** Returns the columns that the model gives, or what it promises where it can't be analysed. */
function checkModel(
  sql: GoogleSql,
  { manifests }: Compiled,
  model: ProjectNode,
  { findings, scans }: ModelReport,
): Column[] {
  const errors: string[] = []
  const analyse = (code: string | null | undefined, branch: string): Analysis | undefined => {
    if (!code) {
      findings.push({ name: `${model.unique_id} (${branch})`, error: 'was not compiled' })
      return undefined
    }
    try {
      return sql.analyze(code)
    } catch (error) {
      findings.push({ name: `${model.unique_id} (${branch})`, error: (error as Error).message })
      return undefined
    }
  }
  const full = analyse(model.compiled_code, 'full')
  if (full) {
    errors.push(...compare(full.columns, described(model), 'contract'))
    scans.set(model.unique_id, { full: full.scans })
    findings.push({ name: `${model.unique_id} (full)`, error: errors.join('; ') })
  }
  const gives = full?.columns ?? described(model)
  if (!isIncremental(model)) return gives
  const other = analyse(manifests.incremental.nodes[model.unique_id]?.compiled_code, 'incremental')
  if (!other) return gives
  const differing = full ? compare(other.columns, full.columns, 'the other branch') : []
  findings.push({ name: `${model.unique_id} (incremental)`, error: differing.join('; ') })
  const known = scans.get(model.unique_id)
  if (known) known.incremental = other.scans
  return gives
}

/** Analyses data tests and whatever else was compiled, and the statements that dbt runs around models. */
export function checkOthers(sql: GoogleSql, { manifests, statements }: Compiled): Finding[] {
  const findings: Finding[] = []
  const attempt = (name: string, work: () => void): void => {
    try {
      work()
      findings.push({ name, error: '' })
    } catch (error) {
      findings.push({ name, error: (error as Error).message })
    }
  }
  for (const node of Object.values(manifests.full.nodes)) {
    if (node.resource_type === 'model' || node.resource_type === 'operation') continue
    attempt(node.unique_id, () => {
      if (!node.compiled_code) throw new Error('was not compiled')
      sql.check(node.compiled_code)
    })
  }
  sql.setVariable('dbt_partitions_for_replacement', 'ARRAY<DATE>')
  for (const { node, kind, branch, sql: text } of statements) {
    attempt(`${kind} of ${node} (${branch})`, () => analyseScript(sql, text))
  }
  return findings
}
