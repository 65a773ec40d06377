import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { Entry } from './zip.ts'

/** Packages that can't be bundled, with what they load, for the machines that functions run on. */
export const NATIVE: Record<string, readonly string[]> = {
  '@duckdb/node-api': ['@duckdb/node-api', '@duckdb/node-bindings', '@duckdb/node-bindings-linux-x64'],
}

const require = createRequire(import.meta.url)
const USED = /(\.(js|cjs|mjs|json|node|so)|^LICENSE)$/

function folderOf(name: string): string {
  try {
    return dirname(require.resolve(`${name}/package.json`))
  } catch (error) {
    throw new PipelineError(
      'SETTING_INVALID',
      { package: name, why: 'functions run on linux-x64: deploy from there, or npm ci --os=linux --cpu=x64' },
      error,
    )
  }
}

const read = new Map<string, Entry[]>()

/** The files of a native package and of those that it loads, as they lie in node_modules; each is read once. */
export function nativeEntries(name: string): Entry[] {
  const entries = read.get(name) ?? filesOf(name)
  read.set(name, entries)
  return entries
}

function filesOf(name: string): Entry[] {
  return NATIVE[name]!.flatMap((each) => {
    const folder = folderOf(each)
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile() && USED.test(file.name))
      .map((file) => {
        const path = join(file.parentPath, file.name)
        const relative = path.slice(folder.length + 1).replaceAll('\\', '/')
        return { name: `node_modules/${each}/${relative}`, data: readFileSync(path), mode: 0o644 }
      })
  })
}

/** Version of an installed package. */
export function versionOf(name: string): string {
  return (JSON.parse(readFileSync(join(folderOf(name), 'package.json'), 'utf8')) as { version: string })
    .version
}
