import { execFile } from 'node:child_process'
import { statfs } from 'node:fs/promises'
import { promisify } from 'node:util'
import { root } from '../paths.ts'

const run = promisify(execFile)

/** One thing that the machine must have. */
export interface Requirement {
  name: string
  ok: boolean
  found: string
  /** What to do when it is missing. */
  todo: string
}

async function version(command: string, args: string[], pattern: RegExp): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(command, args)
    return pattern.exec(`${stdout}\n${stderr}`)?.[1]
  } catch {
    return undefined
  }
}

function atLeast(found: string | undefined, wanted: string): boolean {
  if (!found) return false
  const [a, b] = [found, wanted].map((text) => text.split('.').map(Number))
  for (let i = 0; i < b!.length; i++) {
    if ((a![i] ?? 0) !== b![i]!) return (a![i] ?? 0) > b![i]!
  }
  return true
}

/** The first Python that is new enough, by the names under which systems install it. */
export async function findPython(): Promise<{ command: string; version: string } | undefined> {
  for (const command of ['python3.11', 'python3', 'python3.12', 'python3.13', 'python']) {
    const found = await version(command, ['--version'], /Python (\d+\.\d+\.\d+)/)
    if (found && atLeast(found, '3.11') && !atLeast(found, '3.14')) return { command, version: found }
  }
  return undefined
}

/** Looks at what `npm run demo` needs from the machine; installs nothing. */
export async function checkRequirements(): Promise<Requirement[]> {
  const [java, maven, python, disk] = await Promise.all([
    version('java', ['-version'], /version "(\d+(?:\.\d+)*)/),
    version('mvn', ['--version'], /Apache Maven (\d+\.\d+\.\d+)/),
    findPython(),
    statfs(root),
  ])
  const freeGb = (disk.bavail * disk.bsize) / 1e9
  const venv =
    python && (await version(python.command, ['-c', 'import venv, ensurepip; print("ok")'], /(ok)/))
  const requirements = [
    {
      name: 'Node 24 (from npm)',
      ok: atLeast(process.versions.node, '24'),
      found: process.versions.node,
      todo: 'run `npm ci`, then the command again through npm',
    },
    {
      name: 'Java 17',
      ok: atLeast(java, '17'),
      found: java ?? 'none',
      todo: 'install a Java runtime, 17 or newer, and put `java` on the PATH (Debian: openjdk-17-jre-headless)',
    },
    {
      name: 'Maven 3.8',
      ok: atLeast(maven, '3.8'),
      found: maven ?? 'none',
      todo: 'install Maven 3.8 or newer and put `mvn` on the PATH (Debian: maven)',
    },
    {
      name: 'Python 3.11 to 3.13 with venv',
      ok: Boolean(venv),
      found: python ? `${python.version}${venv ? '' : ' without venv'}` : 'none',
      todo: 'install Python 3.11 with its venv module (Debian: python3 python3-venv)',
    },
    {
      name: '4 GB of free disk',
      ok: freeGb >= 4,
      found: `${freeGb.toFixed(1)} GB`,
      todo: 'make room on the disk that holds this folder',
    },
  ]
  if (process.platform === 'linux' && process.getuid?.() === 0) {
    const setpriv = await version('setpriv', ['--version'], /util-linux (\d+\.\d+)/)
    requirements.push({
      name: 'setpriv (as root only)',
      ok: setpriv !== undefined,
      found: setpriv ?? 'none',
      todo: 'PostgreSQL does not run as root: install util-linux, or run as an ordinary user',
    })
  }
  return requirements
}
