import type { GoogleSqlService } from './service.ts'
import { type TypeProto, typeName, typeProto } from './types.ts'

export interface Column {
  name: string
  /** As BigQuery writes it: `INT64`, `NUMERIC`. */
  type: string
}

export interface Analysis {
  /** `query`, `merge`, `insert`, `update`, `delete`, `create_table`, … */
  kind: string
  /** Of a query. */
  columns: Column[]
  /** What is read of which table. */
  scans: { table: string; columns: string[] }[]
}

type Node = Record<string, unknown>

/** GoogleSQL with tables: analyses statements and runs queries. */
export class GoogleSql {
  private readonly service: GoogleSqlService
  private readonly options: Node
  private readonly tables = new Map<string, Column[]>()
  private readonly constants = new Map<string, string>()
  private catalogId: string | undefined

  constructor(service: GoogleSqlService) {
    this.service = service
    const language = service.call('GetLanguageOptions', { maximum_features: true })
    this.options = {
      language_options: {
        ...language,
        product_mode: 'PRODUCT_EXTERNAL',
        name_resolution_mode: 'NAME_RESOLUTION_DEFAULT',
        supported_statement_kinds: service.values('ResolvedNodeKind').filter((kind) => /_STMT$/.test(kind)),
        reserved_keywords: ['QUALIFY'],
      },
      default_timezone: 'UTC',
      error_message_mode: 'ERROR_MESSAGE_ONE_LINE',
      prune_unused_columns: true,
    }
  }

  /** A table by its full name, `project.dataset.table` or `dataset.table`; another one of the name is replaced. */
  setTable(name: string, columns: readonly Column[]): void {
    this.tables.set(name, [...columns])
    this.forget()
  }

  table(name: string): readonly Column[] | undefined {
    return this.tables.get(name)
  }

  /** A script's variable, which statements read like a column. */
  setVariable(name: string, type: string): void {
    this.constants.set(name, type)
    this.forget()
  }

  /** What a statement is, gives and reads. Throws an Error that says what is wrong and where. */
  analyze(sql: string, parameters: Readonly<Record<string, string>> = {}): Analysis {
    const answer = this.service.call('Analyze', this.request(sql, parameters))
    const statement = answer.resolved_statement as Node
    const [kind, body] = Object.entries(leaf(statement))[0]! as [string, Node]
    const output = (findFirst(body, 'output_column_list') ?? []) as {
      name: string
      column: { type: TypeProto }
    }[]
    const columns = /query_stmt/.test(kind)
      ? output.map(({ name, column }) => ({ name, type: typeName(column.type) }))
      : []
    return { kind: kind.replace(/^resolved_|_stmt_node$/g, ''), columns, scans: scansOf(statement) }
  }

  /** Throws an Error that says what is wrong and where. */
  check(sql: string, parameters: Readonly<Record<string, string>> = {}): void {
    this.service.accepts('Analyze', this.request(sql, parameters))
  }

  private request(sql: string, parameters: Readonly<Record<string, string>>): Node {
    const query_parameters = Object.entries(parameters).map(([name, type]) => ({
      name,
      type: typeProto(type),
    }))
    return {
      options: { ...this.options, query_parameters },
      registered_catalog_id: this.catalog(),
      sql_statement: sql,
    }
  }

  /** Rows of a query as texts, null for null. All its columns have to be STRING. */
  texts(sql: string): (string | null)[][] {
    const answer = this.service.call('EvaluateQuery', {
      options: this.options,
      registered_catalog_id: this.catalog(),
      sql,
    })
    const content = answer.content as { table_data?: { row?: { cell: { string_value?: string }[] }[] } }
    const rows = content.table_data?.row ?? []
    return rows.map(({ cell }) => cell.map(({ string_value }) => string_value ?? null))
  }

  private forget(): void {
    if (this.catalogId === undefined) return
    const registered_id = this.catalogId
    this.catalogId = undefined
    this.service.call('UnregisterCatalog', { registered_id })
  }

  /** The tables are sent once for all statements that come before the next new table. */
  private catalog(): string {
    if (this.catalogId !== undefined) return this.catalogId
    const projects = new Map<string, Map<string, Node[]>>()
    let id = 0
    const table: Node[] = []
    for (const [full, columns] of this.tables) {
      const column = columns.map((each) => ({ name: each.name, type: typeProto(each.type) }))
      const made = { full_name: full, serialization_id: ++id, column }
      // BigQuery takes a whole path in one pair of backticks, which GoogleSQL by itself takes for one name.
      table.push({ ...made, name: full, name_in_catalog: full })
      const [project, dataset, name] = full.split('.') as [string, string, string | undefined]
      if (name === undefined) continue
      const datasets = projects.get(project) ?? new Map<string, Node[]>()
      const tables = datasets.get(dataset) ?? []
      tables.push({ ...made, name, serialization_id: ++id })
      projects.set(project, datasets.set(dataset, tables))
    }
    const simple_catalog = {
      name: 'root',
      builtin_function_options: { language_options: this.options.language_options },
      table,
      constant: [...this.constants].map(([name, type]) => ({
        name_path: [name],
        type: typeProto(type),
        value: {},
      })),
      catalog: [...projects].map(([name, datasets]) => ({
        name,
        catalog: [...datasets].map(([dataset, table]) => ({ name: dataset, table })),
      })),
    }
    const answer = this.service.call('RegisterCatalog', { simple_catalog })
    this.catalogId = (answer.registered_id as string | undefined) ?? '0'
    return this.catalogId
  }
}

/** Wrappers such as resolved_ddl_node hold one other node; the innermost is the statement. */
function leaf(node: Node): Node {
  const names = Object.keys(node).filter((name) => name.endsWith('_node'))
  const inner = names.length === 1 ? (node[names[0]!] as Node) : undefined
  if (!inner) return node
  const deeper = Object.keys(inner).filter((name) => name.endsWith('_node'))
  return deeper.length === 1 && Object.keys(inner).every((name) => name.endsWith('_node'))
    ? leaf(inner)
    : node
}

function findFirst(node: unknown, name: string, depth = 0): unknown {
  if (node === null || typeof node !== 'object' || depth > 6) return undefined
  if (name in node) return (node as Node)[name]
  for (const child of Object.values(node)) {
    const found = findFirst(child, name, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

function scansOf(node: unknown): Analysis['scans'] {
  const scans: Analysis['scans'] = []
  const visit = (each: unknown): void => {
    if (each === null || typeof each !== 'object') return
    for (const [name, child] of Object.entries(each)) {
      if (name === 'resolved_table_scan_node') {
        const scan = child as {
          table: { full_name?: string; name: string }
          parent?: { column_list?: { name: string }[] }
        }
        const columns = scan.parent?.column_list ?? []
        scans.push({
          table: scan.table.full_name ?? scan.table.name,
          columns: columns.map((column) => column.name),
        })
      }
      visit(child)
    }
  }
  visit(node)
  return scans
}
