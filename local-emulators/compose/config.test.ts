import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parse } from 'yaml'
import { root, tools } from '../paths.ts'

const file = join(root, 'docker-compose.yml')
const text = readFileSync(file, 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'compose-'))
after(() => rmSync(folder, { recursive: true }))

/** A slip in the file, and with which words it must be found. */
interface Mutant {
  change: [from: string, to: string]
  schema?: RegExp
  names?: string
}
const REDPANDA = '  redpanda:\n'
const mutants: Record<string, Mutant> = {
  'a key that no service has': {
    change: [REDPANDA, `${REDPANDA}    restarts: always\n`],
    schema: /'restarts' was unexpected/,
  },
  'a list for a number': {
    change: ['retries: 12', 'retries: [12]'],
    schema: /\[12\] is not of type 'number', 'string'/,
  },
  'a condition that there is not': {
    change: ['condition: service_healthy', 'condition: service_well'],
    schema: /service_well/,
  },
  'a key twice': {
    change: [REDPANDA, `${REDPANDA}    restart: always\n`],
    schema: /Failed to parse/,
  },
  'a volume that is not declared': {
    change: ['- lake:/lake', '- sea:/lake'],
    names: 'gcs: volume sea',
  },
  'a service that is missing': {
    change: ['      redpanda:\n        condition', '      pandas:\n        condition'],
    names: 'redpanda-console: service pandas',
  },
  'a service of a profile that is not on': {
    change: [REDPANDA, `${REDPANDA}    profiles: [tools]\n`],
    names: 'redpanda-console: service redpanda',
  },
  'services that wait for each other': {
    change: [REDPANDA, `${REDPANDA}    depends_on: { redpanda-console: { condition: service_healthy } }\n`],
    names: 'redpanda: waits for itself',
  },
  'a service without an image': {
    change: ['    image: docker.io/prom/prometheus', '    x-image: docker.io/prom/prometheus'],
    names: 'prometheus: no image',
  },
}

function write(name: string, content: string): string {
  const path = join(folder, `${name.replaceAll(' ', '-')}.yml`)
  writeFileSync(path, content)
  return path
}
const paths = Object.entries(mutants).map(([name, { change }]): [string, string] => {
  const changed = text.replace(...change)
  assert.notEqual(changed, text, name)
  return [name, write(name, changed)]
})

test('the file is valid by the schema of the Compose specification, which finds what is not', () => {
  const checker = join(tools.checksVenv, 'bin', 'check-jsonschema')
  assert.ok(existsSync(checker), 'check-jsonschema is not there: npm test installs it')
  const args = ['--builtin-schema', 'vendor.compose-spec', '--output-format', 'json']
  const { stdout, stderr } = spawnSync(checker, [...args, file, ...paths.map(([, path]) => path)], {
    encoding: 'utf8',
  })
  assert.notEqual(stdout, '', stderr)
  const { errors, parse_errors: unread = [] } = JSON.parse(stdout) as Record<string, { filename: string }[]>
  const found = (path: string): string =>
    JSON.stringify([...errors!, ...unread].filter(({ filename }) => filename === path))
  assert.equal(found(file), '[]')
  for (const [name, path] of paths) {
    const { schema } = mutants[name]!
    if (schema) assert.match(found(path), schema, name)
  }
})

interface Service {
  image?: string
  build?: object
  profiles?: string[]
  volumes?: string[]
  depends_on?: Record<string, object>
}

/** What services name that is not there: no schema sees that. */
function unresolved(content: string): string[] {
  // A mutant may have a key twice; that is not for here.
  const model = parse(content, { merge: true, uniqueKeys: false })
  const services: Record<string, Service> = model.services
  const behind = (name: string, seen: Set<string>): Set<string> => {
    for (const other of Object.keys(services[name]?.depends_on ?? {})) {
      if (!seen.has(other)) behind(other, seen.add(other))
    }
    return seen
  }
  return Object.entries(services).flatMap(([name, service]) => {
    const own = service.profiles ?? []
    const there = (other: string): boolean => {
      const { profiles = [] } = services[other] ?? {}
      return other in services && (profiles.length === 0 || own.some((each) => profiles.includes(each)))
    }
    const mounts = (service.volumes ?? []).map((mount) => mount.split(':')[0]!)
    return [
      ...mounts
        .filter((mount) => !mount.startsWith('.') && !(mount in model.volumes))
        .map((mount) => `${name}: volume ${mount}`),
      ...Object.keys(service.depends_on ?? {})
        .filter((other) => !there(other))
        .map((other) => `${name}: service ${other}`),
      ...(behind(name, new Set()).has(name) ? [`${name}: waits for itself`] : []),
      ...(service.image || service.build ? [] : [`${name}: no image`]),
    ]
  })
}

test('what a service names is there, and none waits for itself', () => {
  assert.deepEqual(unresolved(text), [])
  for (const [name, path] of paths) {
    const { names } = mutants[name]!
    if (names) assert.ok(unresolved(readFileSync(path, 'utf8')).includes(names), name)
  }
})
