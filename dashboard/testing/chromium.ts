import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import packed from '@sparticuz/chromium'
import { type Browser, chromium } from 'playwright-core'

const root = dirname(dirname(import.meta.dirname))

/** The package's own settings name folders of Lambda and /tmp/fonts; without one font Chromium ends itself. */
const fontSettings = (folder: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${join(folder, 'fonts')}</dir><cachedir>${join(folder, 'fonts-cache')}</cachedir></fontconfig>
`

/** The browser of the npm package, unpacked once for all tests of this clone; several processes may ask at once. */
async function unpacked(): Promise<string> {
  const entry = fileURLToPath(import.meta.resolve('@sparticuz/chromium'))
  const { version } = JSON.parse(await readFile(join(dirname(dirname(entry)), 'package.json'), 'utf8'))
  const folder = join(root, '.tools', `chromium-${version}-with-fonts`)
  const isThere = (): Promise<boolean> =>
    stat(folder).then(
      () => true,
      () => false,
    )
  if (await isThere()) return join(folder, 'chromium')
  await mkdir(dirname(folder), { recursive: true })
  const partial = await mkdtemp(`${folder}-`)
  const before = process.env.TMPDIR
  // The package unpacks into the folder for temporary files and leaves it there.
  process.env.TMPDIR = partial
  try {
    await packed.executablePath()
    await writeFile(join(partial, 'fonts.conf'), fontSettings(folder))
    await rename(partial, folder)
  } catch (error) {
    if (!(await isThere())) throw error
  } finally {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
    await rm(partial, { recursive: true, force: true })
  }
  return join(folder, 'chromium')
}

/** A real Chromium without a window. Whoever starts it closes it. */
export async function startChromium(): Promise<Browser> {
  const executablePath = await unpacked()
  return chromium.launch({
    executablePath,
    // The package's binary runs as root and without a GPU; the page itself is as safe as in any browser.
    args: ['--no-sandbox', '--no-zygote', '--disable-gpu', '--font-render-hinting=none'],
    headless: true,
    env: { ...process.env, FONTCONFIG_FILE: join(dirname(executablePath), 'fonts.conf') } as Record<
      string,
      string
    >,
  })
}
