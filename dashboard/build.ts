import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { build } from 'esbuild'
import type { AssetList } from './server/assets.ts'

const compress = promisify(gzip)

export interface BuiltFile {
  name: string
  data: Buffer
}

function typeOf(path: string): { type: string; ending: string } {
  return path.endsWith('.css')
    ? { type: 'text/css; charset=utf-8', ending: 'css' }
    : { type: 'text/javascript; charset=utf-8', ending: 'js' }
}

/** Bundles the page for browsers: script and style, each also compressed, and `assets.json`. Same source, same bytes. */
export async function buildPage(): Promise<BuiltFile[]> {
  const { outputFiles } = await build({
    absWorkingDir: import.meta.dirname,
    entryPoints: { app: 'page/main.ts', style: 'page/style.css' },
    outdir: 'out',
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2022',
    legalComments: 'none',
    charset: 'utf8',
    logLevel: 'silent',
  })
  const built: BuiltFile[] = []
  const list: AssetList = { script: '', style: '', files: [] }
  for (const { path, contents } of outputFiles) {
    const { type, ending } = typeOf(path)
    const hash = createHash('sha256').update(contents).digest('hex').slice(0, 16)
    const name = `${hash}.${ending}`
    list[ending === 'css' ? 'style' : 'script'] = name
    list.files.push({ name, type })
    const data = Buffer.from(contents)
    built.push({ name, data }, { name: `${name}.gz`, data: await compress(data, { level: 9 }) })
  }
  list.files.sort((a, b) => (a.name < b.name ? -1 : 1))
  built.push({ name: 'assets.json', data: Buffer.from(`${JSON.stringify(list)}\n`) })
  return built.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Writes the built page into a folder, in place of what was there. */
export async function writePage(folder: string): Promise<void> {
  const files = await buildPage()
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  for (const { name, data } of files) await writeFile(join(folder, name), data)
}

/** Like `writePage`, in a process that ends with its bundler: that one would stay, with its 100 MB, as long as this one. */
export async function writePageApart(folder: string): Promise<void> {
  await promisify(execFile)(process.execPath, [import.meta.filename, folder])
}

/** `node dashboard/build.ts <folder>`. */
if (import.meta.main) await writePage(process.argv[2] ?? 'page')
