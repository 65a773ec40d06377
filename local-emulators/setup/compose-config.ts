import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { root, tools } from '../paths.ts'
import { command } from './steps.ts'

const folder = join(root, 'local-emulators', 'compose', 'config')

/** What the tool is made from. */
export const COMPOSE_SOURCES = ['main.go', 'go.mod', 'go.sum'].map((name) => join(folder, name))

/** Builds `docker compose config` on the loader of Docker Compose; Go checks each module against go.sum. */
export async function buildComposeConfig(progress: (line: string) => void): Promise<void> {
  await mkdir(dirname(tools.composeConfig), { recursive: true })
  // No Go is downloaded in place of the machine's own.
  const go = ['env', 'GOTOOLCHAIN=local', 'GOFLAGS=-mod=readonly', 'GOWORK=off', 'CGO_ENABLED=0', 'go']
  const [name, ...args] = [...go, '-C', folder, 'build', '-trimpath', '-o', tools.composeConfig, '.']
  await command(name!, args, progress)
}
