import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { sqlTools } from '../setup/sql-tools.ts'

interface FileReport {
  filepath: string
  violations: { start_line_no: number; code: string; description: string }[]
}

/** What sqlfluff finds in a dbt project's models and tests, a line each. Throws SETTING_INVALID when it can't run. */
export async function lintSql(projectDir: string): Promise<string[]> {
  const { sqlfluff } = sqlTools
  const args = ['lint', 'models', 'tests', '--config', '.sqlfluff', '--format', 'json', '--nofail']
  const { stdout } = await promisify(execFile)(sqlfluff, args, { cwd: projectDir, maxBuffer: 1e8 }).catch(
    (error: { stderr?: string }) => {
      throw new PipelineError('SETTING_INVALID', { sqlfluff: error.stderr?.slice(-500) })
    },
  )
  const files = JSON.parse(stdout.slice(stdout.indexOf('['))) as FileReport[]
  if (files.length === 0) throw new PipelineError('SETTING_INVALID', { sqlfluff: 'looked at no file' })
  return files.flatMap(({ filepath, violations }) =>
    violations.map((each) => `dbt/${filepath}:${each.start_line_no} ${each.code} ${each.description}`),
  )
}
