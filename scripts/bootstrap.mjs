// Runs on the machine's own Node, 20 or newer, with nothing installed: brings node_modules to the lockfile,
// then hands the command to the Node that the lockfile pins.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bin = join(root, 'node_modules', '.bin')
const stamp = join(root, 'node_modules', '.lockfile-sha256')
const pinned = join(bin, 'node')

function fail(message) {
  console.error(message)
  process.exit(1)
}

if (Number(process.versions.node.split('.')[0]) < 20) {
  fail(`Node ${process.versions.node} is too old: install Node 20 or newer and run this again.`)
}

const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  console.error('Installing Node packages from package-lock.json (about half a minute the first time)')
  // `npm ci` warns of every package that wants a newer Node than the machine's; they run on the pinned one.
  const result = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (result.error)
    fail(`npm could not be started (${result.error.message}): install npm and run this again.`)
  if (result.status !== 0)
    fail('npm ci failed; its message is above. Check the network, then run this again.')
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, lock)
}

const hasPinned = existsSync(pinned)
if (!hasPinned && Number(process.versions.node.split('.')[0]) < 24) {
  fail(
    `There is no Node 24 in npm for ${process.platform}-${process.arch}, and this is Node ${process.versions.node}: ` +
      'install Node 24 or newer and run this again.',
  )
}

const env = {
  // Two dozen processes of the same few sources: what one compiled, the others need not keep in memory.
  NODE_COMPILE_CACHE: join(root, '.tools', 'compile-cache'),
  // glibc keeps freed memory for each thread, and Node, DuckDB and the JVM have many.
  MALLOC_ARENA_MAX: '2',
  ...process.env,
  PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`,
}

const child = spawn(
  hasPinned ? pinned : process.execPath,
  [
    '--disable-warning=ExperimentalWarning',
    '--disable-warning=TimeoutNegativeWarning',
    join(root, 'local-emulators', 'cli.ts'),
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit', env },
)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('error', (error) => fail(`Node could not be started: ${error.message}`))
child.on('exit', (code, signal) => {
  process.exitCode = signal ? 1 : (code ?? 1)
})
