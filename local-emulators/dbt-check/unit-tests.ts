import { plainName } from './catalog.ts'
import type { Branch, Compiled, Manifest, ProjectNode, UnitTest } from './compile.ts'
import type { Column, GoogleSql } from './googlesql/engine.ts'
import type { Finding } from './models.ts'

type FixtureRow = Readonly<Record<string, unknown>>

/** What macros give when the project is compiled offline; a unit test that says so too runs on that very branch. */
const OFFLINE: Readonly<Record<string, string>> = {
  loaded_until: JSON.stringify('2026-06-01 00:00:00+00'),
  key_bounds: JSON.stringify([-1000, 1000]),
  days_with_news: JSON.stringify(['2026-05-30', '2026-05-31', '2026-06-02']),
}

/** A value as GoogleSQL's literal of a type. */
function literal(value: unknown, type: string): string {
  if (value === null || value === undefined) return `CAST(NULL AS ${type})`
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  const quoted = `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`
  return type === 'JSON' ? `PARSE_JSON(${quoted}, wide_number_mode => 'exact')` : `CAST(${quoted} AS ${type})`
}

/** Rows as a query that gives all columns of a table. */
function fixture(rows: readonly FixtureRow[], columns: readonly Column[]): string {
  const selects = (rows.length > 0 ? rows : [{}]).map((row) => {
    const unknown = Object.keys(row).filter((name) => !columns.some((column) => column.name === name))
    if (unknown.length > 0) throw new Error(`a row has ${unknown.join(', ')}, which the table has not`)
    return `SELECT ${columns.map(({ name, type }) => `${literal(row[name], type)} AS \`${name}\``).join(', ')}`
  })
  const all = selects.join('\nUNION ALL\n')
  return rows.length > 0 ? all : `SELECT * FROM (${all}) WHERE FALSE`
}

const asText = ({ name, type }: Column): string =>
  type === 'JSON'
    ? `TO_JSON_STRING(\`${name}\`) AS \`${name}\``
    : `CAST(\`${name}\` AS STRING) AS \`${name}\``

function find(manifest: Manifest, input: string, model: ProjectNode): ProjectNode {
  if (input === 'this') return model
  const names = [...input.matchAll(/'([^']+)'/g)].map((match) => match[1]!)
  const nodes = input.startsWith('source(')
    ? Object.values(manifest.sources).filter((each) => each.unique_id.endsWith(`.${names.join('.')}`))
    : Object.values(manifest.nodes).filter((each) => each.resource_type === 'model' && each.name === names[0])
  if (nodes.length !== 1) throw new Error(`there is no ${input}`)
  return nodes[0]!
}

function branchOf({ overrides }: UnitTest): Branch {
  const macros = { ...overrides?.macros }
  const branch = macros.is_incremental === true ? 'incremental' : 'full'
  delete macros.is_incremental
  for (const [name, value] of Object.entries(macros)) {
    if (OFFLINE[name] !== JSON.stringify(value))
      throw new Error(`can not be run: it overrides the macro ${name}`)
  }
  const others = [overrides?.vars, overrides?.env_vars].some((each) => each && Object.keys(each).length > 0)
  if (others) throw new Error('can not be run: it overrides variables; give what they decide as an input')
  return branch
}

/** Each row's columns in one order, and the rows too. */
const canonical = (rows: (string | null)[][]): string[] => rows.map((row) => JSON.stringify(row)).sort()

/** Runs one unit test on GoogleSQL's own engine. Throws an Error that says how the rows differ. */
export function runUnitTest(sql: GoogleSql, { manifests }: Compiled, test: UnitTest): void {
  const manifest = manifests.full
  const branch = branchOf(test)
  const model = Object.values(manifest.nodes).find(
    (node) => node.resource_type === 'model' && node.name === test.model,
  )
  const code = model && manifests[branch].nodes[model.unique_id]?.compiled_code
  if (!model || !code) throw new Error(`there is no model ${test.model}`)
  const tables: string[] = []
  let query = code
  for (const [index, { input, rows, format }] of test.given.entries()) {
    const { relation_name } = find(manifest, input, model)
    const columns = sql.table(plainName(relation_name!))!
    const text = format === 'sql' ? String(rows) : fixture(rows as FixtureRow[], columns)
    tables.push(`\`given ${index}\` AS (${text})`)
    query = query.replaceAll(relation_name!, `\`given ${index}\``)
  }
  const left = /`check-project`\.`[^`]+`\.`[^`]+`/.exec(query.replace(/^--.*$/gm, ''))
  if (left) throw new Error(`it gives no rows for ${left[0]}`)
  const expected = test.expect.rows as FixtureRow[]
  const names = [...new Set(expected.flatMap((row) => Object.keys(row)))]
  const gives = sql.table(plainName(model.relation_name!))!
  const columns = names.map((name) => {
    const column = gives.find((each) => each.name === name)
    if (!column) throw new Error(`it expects ${name}, which the model does not give`)
    return column
  })
  const texts = columns.map(asText).join(', ')
  const found = sql.texts(`WITH ${tables.join(', ')}, actual AS (${query}\n) SELECT ${texts} FROM actual`)
  const wanted = sql.texts(`SELECT ${texts} FROM (${fixture(expected, columns)})`)
  const [a, b] = [canonical(found), canonical(wanted)]
  if (a.length === b.length && a.every((row, index) => row === b[index])) return
  const only = (rows: string[], others: string[]): string[] => rows.filter((row) => !others.includes(row))
  throw new Error(
    `(${names.join(', ')}) gives ${only(a, b).join(' ') || 'too few rows'}, expected ${only(b, a).join(' ') || 'fewer rows'}`,
  )
}

/** Runs all unit tests of the project. */
export function runUnitTests(sql: GoogleSql, compiled: Compiled): Finding[] {
  return Object.values(compiled.manifests.full.unit_tests).map((test) => {
    try {
      runUnitTest(sql, compiled, test)
      return { name: test.unique_id, error: '' }
    } catch (error) {
      return { name: test.unique_id, error: (error as Error).message }
    }
  })
}
