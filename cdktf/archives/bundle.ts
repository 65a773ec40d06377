import { join } from 'node:path'
import { build, type Metafile, type Plugin } from 'esbuild'

const BANNER = [
  "import { createRequire as __createRequire } from 'node:module'",
  'const require = __createRequire(import.meta.url)',
  'const __filename = import.meta.filename',
  'const __dirname = import.meta.dirname',
].join(';')

export interface Bundle {
  code: Buffer
  /** Packages of `external` that are loaded as soon as the bundle is; not those behind an `import()`. */
  needs: string[]
}

/** The externals that can be reached from the entry by imports that are always carried out. */
export function reachedExternals(metafile: Metafile, entry: string, external: readonly string[]): string[] {
  const [seen, found] = [new Set<string>(), new Set<string>()]
  const visit = (path: string): void => {
    if (seen.has(path)) return
    seen.add(path)
    for (const each of metafile.inputs[path]?.imports ?? []) {
      if (each.kind === 'dynamic-import') continue
      if (each.external && external.includes(each.path)) found.add(each.path)
      else visit(each.path)
    }
  }
  visit(entry)
  return [...found].sort()
}

/** Has native packages loaded where they are first used: a module imports what stays outside at once. */
function whenUsed(native: readonly string[]): Plugin {
  return {
    name: 'when-used',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^@/ }, ({ path, namespace }) => {
        if (!native.includes(path)) return undefined
        return namespace === 'native' ? { path, external: true } : { path, namespace: 'native' }
      })
      onLoad({ filter: /.*/, namespace: 'native' }, ({ path }) => ({
        contents: `module.exports = require(${JSON.stringify(path)})`,
        loader: 'js',
      }))
    },
  }
}

/** Bundles one entry point of the repository, below `root`, into one module. */
export async function bundle(
  root: string,
  entry: string,
  external: readonly string[],
  native: readonly string[] = [],
): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minifySyntax: true,
    minifyWhitespace: true,
    // Names stay: logs and errors show them.
    keepNames: false,
    legalComments: 'none',
    charset: 'utf8',
    logLevel: 'silent',
    banner: { js: BANNER },
    external: [...external],
    plugins: [whenUsed(native)],
  })
  return {
    code: Buffer.from(outputFiles[0]!.contents),
    needs: reachedExternals(metafile, entry, native),
  }
}

export const repository = join(import.meta.dirname, '..', '..')
