import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { tools } from '../paths.ts'

export const BRANCHES = ['full', 'incremental'] as const
export type Branch = (typeof BRANCHES)[number]

export interface ProjectNode {
  unique_id: string
  resource_type: string
  name: string
  relation_name: string | null
  compiled_code?: string | null
  raw_code?: string
  depends_on?: { nodes: string[] }
  config: { materialized?: string; contract?: { enforced?: boolean } }
  columns: Record<string, { name: string; data_type?: string | null }>
}

export interface UnitTest {
  unique_id: string
  name: string
  model: string
  depends_on: { nodes: string[] }
  given: { input: string; rows: unknown; format: string }[]
  expect: { rows: unknown; format: string }
  overrides?: { macros?: Record<string, unknown>; vars?: object; env_vars?: object } | null
}

export interface Manifest {
  nodes: Record<string, ProjectNode>
  sources: Record<string, ProjectNode>
  unit_tests: Record<string, UnitTest>
}

/** A statement that dbt runs beside compiled queries. */
export interface Statement {
  node: string
  kind: string
  branch: Branch
  sql: string
}

export interface Compiled {
  manifests: Record<Branch, Manifest>
  statements: Statement[]
}

const SCRIPT = join(import.meta.dirname, 'compile.py')

/**
 * Compiles a dbt project for BigQuery into a folder, without BigQuery. Throws SETTING_INVALID with dbt's own words where
 * the project can't be compiled; they name files and macros, and no row is read here.
 */
export async function compileProject(projectDir: string, folder: string): Promise<Compiled> {
  const project = resolve(projectDir)
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    DBT_PROFILES_DIR: project,
    DBT_PROJECT_DIR: project,
    DBT_SEND_ANONYMOUS_USAGE_STATS: 'false',
    DBT_LOG_LEVEL_FILE: 'none',
    DO_NOT_TRACK: '1',
    GOOGLE_CLOUD_PROJECT: 'check-project',
    PYTHONDONTWRITEBYTECODE: '1',
  }
  try {
    await promisify(execFile)(tools.python, [SCRIPT, resolve(folder)], { cwd: project, env, maxBuffer: 1e8 })
  } catch (error) {
    const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string }
    const said = `${stderr}${stdout}`.trim().split('\n').slice(-30).join('\n')
    throw new PipelineError('SETTING_INVALID', { dbtProject: `can not be compiled:\n${said}` })
  }
  const read = async <T>(name: string): Promise<T> =>
    JSON.parse(await readFile(join(folder, name), 'utf8')) as T
  const [full, incremental, statements] = await Promise.all([
    read<Manifest>('full/manifest.json'),
    read<Manifest>('incremental/manifest.json'),
    read<Statement[]>('statements.json'),
  ])
  return { manifests: { full, incremental }, statements }
}
