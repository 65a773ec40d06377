import { buildPage } from '@pipeline/dashboard/build.ts'
import type { FunctionEntry } from '@pipeline/functions/manifest-parts.ts'
import { type Archive, pack } from './archive.ts'
import { bundle, repository } from './bundle.ts'
import { FRAMEWORK, frameworkEntries } from './framework.ts'
import { NATIVE, nativeEntries, versionOf } from './native.ts'
import { pythonEntries } from './python.ts'
import type { Entry } from './zip.ts'

const MAIN = 'index.mjs'

/** The page as browsers get it, beside the code that serves it. */
async function pageEntries(): Promise<Entry[]> {
  const files = await buildPage()
  return files.map(({ name, data }) => ({ name: `assets/${name}`, data, mode: 0o644 }))
}

/** What a function in TypeScript has in its archive: all that it needs. Nothing is installed when it is built. */
async function nodeEntries({ name, folder, trigger }: FunctionEntry): Promise<Entry[]> {
  const entryPoint = `functions/${folder}/index.ts`
  const { code, needs } = await bundle(repository, entryPoint, [FRAMEWORK], Object.keys(NATIVE))
  const framework = await frameworkEntries()
  const manifest = {
    name,
    private: true,
    type: 'module',
    main: MAIN,
    engines: { node: '>=24' },
    dependencies: {
      [FRAMEWORK]: framework.version,
      ...Object.fromEntries(needs.map((each) => [each, versionOf(each)])),
    },
  }
  return [
    { name: 'package.json', data: Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`), mode: 0o644 },
    { name: MAIN, data: code, mode: 0o644 },
    ...framework.entries,
    ...(trigger.kind === 'page' ? await pageEntries() : []),
    ...needs.flatMap(nativeEntries),
  ]
}

/** The archive of a function, below `out`; the source of a Python function is looked for below `root`. */
export async function functionArchive(
  out: string,
  entry: FunctionEntry,
  root = repository,
): Promise<Archive> {
  const entries = entry.runtime.startsWith('python') ? pythonEntries(root, entry) : await nodeEntries(entry)
  return pack(out, entry.name, entries)
}
