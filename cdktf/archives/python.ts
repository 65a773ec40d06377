import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { Entry } from './zip.ts'

const MAIN = 'main.py'
const REQUIREMENTS = 'requirements.txt'
/** What Python, dbt and an editor leave behind, and tests: none of it runs in the cloud. */
const LEFT_OUT = new Set(['__pycache__', '.pytest_cache', 'target', 'logs', 'dbt_packages', 'node_modules'])
const NOT_SHIPPED = /^\.|\.(pyc|ts|log|in)$|^test_.*\.py$|_test\.py$|^conftest\.py$|^tests?$/

function filesBelow(folder: string, shipped: (name: string) => boolean): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((each) => {
    if (LEFT_OUT.has(each.name) || !shipped(each.name)) return []
    if (!each.isDirectory()) return each.isFile() ? [each.name] : []
    return filesBelow(join(folder, each.name), shipped).map((file) => `${each.name}/${file}`)
  })
}

/**
 * Requirements as the build takes them: each of one version and with its hash, the framework among them. A build that
 * finds no framework there adds one of its own choice, and pip refuses it for its missing hash.
 */
export function checkRequirements(text: string, folder: string): void {
  const lines = text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  const loose = lines.filter(
    (line) => !/^[A-Za-z0-9][\w.-]*(\[[\w,-]+\])?==\S+.*--hash=sha256:[0-9a-f]{64}/.test(line),
  )
  const refuse = (why: string): never => {
    throw new PipelineError('SETTING_INVALID', { file: `functions/${folder}/${REQUIREMENTS}`, why })
  }
  if (loose.length > 0)
    refuse(`has no version or no hash: ${loose.map((line) => line.slice(0, 60)).join(', ')}`)
  if (!lines.some((line) => /^functions-framework==/.test(line))) refuse('does not name functions-framework')
}

/**
 * What a Python function's archive holds: its source, its requirements, and the folders of the repository that it
 * works on. Packages are installed when it is built, each of the version and the hash that the requirements name.
 */
export function pythonEntries(
  root: string,
  { folder, entryPoint, beside = [] }: { folder: string; entryPoint: string; beside?: readonly string[] },
): Entry[] {
  const source = join(root, 'functions', folder)
  const own = filesBelow(source, (name) => !NOT_SHIPPED.test(name))
  for (const needed of [MAIN, REQUIREMENTS]) {
    if (own.includes(needed)) continue
    throw new PipelineError('SETTING_INVALID', { file: `functions/${folder}/${needed}`, why: 'is missing' })
  }
  const main = readFileSync(join(source, MAIN), 'utf8')
  if (!new RegExp(`^(def ${entryPoint}\\(|from .+ import (.+, )?${entryPoint}\\b)`, 'm').test(main)) {
    throw new PipelineError('SETTING_INVALID', {
      file: `functions/${folder}/${MAIN}`,
      why: `has no ${entryPoint}`,
    })
  }
  checkRequirements(readFileSync(join(source, REQUIREMENTS), 'utf8'), folder)
  const entry = (name: string, path: string): Entry => ({ name, data: readFileSync(path), mode: 0o644 })
  return [
    ...own.map((name) => entry(name, join(source, name))),
    ...beside.flatMap((each) =>
      // Whatever a project of dbt calls its files and folders stays: `tests` are tests of its data.
      filesBelow(join(root, each), (name) => !name.startsWith('.') && !name.endsWith('.pyc')).map((name) =>
        entry(`${each}/${name}`, join(root, each, name)),
      ),
    ),
  ]
}
