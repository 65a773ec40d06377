import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import type { Entry } from './zip.ts'

export const FRAMEWORK = '@google-cloud/functions-framework'
const require = createRequire(import.meta.url)
const REGISTRY = `export { http, cloudEvent, getRegisteredFunction, isValidFunctionName } from './function_registry.js'`
const SERVER = `import './main.js'`

interface Framework {
  version: string
  entries: Entry[]
}
let framework: Promise<Framework> | undefined

/**
 * The framework itself with all that it needs, as a package of two files in the places of the real one: what a
 * function imports to register, and the server that looks it up there.
 */
export function frameworkEntries(): Promise<Framework> {
  framework ??= pack()
  return framework
}

async function pack(): Promise<Framework> {
  const source = dirname(require.resolve(FRAMEWORK))
  const { version } = JSON.parse(readFileSync(join(source, '..', '..', 'package.json'), 'utf8')) as {
    version: string
  }
  const bundle = async (contents: string, registryOutside: boolean): Promise<Buffer> => {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: source, loader: 'js' },
      bundle: true,
      write: false,
      platform: 'node',
      format: 'cjs',
      target: 'node24',
      minify: true,
      legalComments: 'none',
      logLevel: 'silent',
      plugins: registryOutside
        ? [
            {
              name: 'one-registry',
              setup: ({ onResolve }) =>
                onResolve({ filter: /^\.\/function_registry$/ }, () => ({
                  path: './index.js',
                  external: true,
                })),
            },
          ]
        : [],
    })
    return Buffer.from(outputFiles[0]!.contents)
  }
  const folder = `node_modules/${FRAMEWORK}`
  const manifest = {
    name: FRAMEWORK,
    version,
    main: 'build/src/index.js',
    bin: { 'functions-framework': './build/src/main.js' },
  }
  const file = (name: string, data: string | Buffer, mode = 0o644): Entry => ({
    name,
    data: Buffer.from(data),
    mode,
  })
  const runs = `#!/usr/bin/env node\nrequire('../${FRAMEWORK}/build/src/main.js')\n`
  return {
    version,
    entries: [
      file(`${folder}/package.json`, JSON.stringify(manifest)),
      file(`${folder}/build/src/index.js`, await bundle(REGISTRY, false)),
      file(`${folder}/build/src/main.js`, await bundle(SERVER, true), 0o755),
      file('node_modules/.bin/functions-framework', runs, 0o755),
    ],
  }
}
