import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Whose secrets lie in which folder, one file a secret; each folder is a volume that its own containers mount. */
export const SECRET_FOLDERS = {
  pipeline: ['postgres', 'cdc', 'reader', 'writer', 'clickhouse', 'pseudonyms'],
  postgres: ['postgres'],
  connect: ['cdc'],
  grafana: ['admin', 'clickhouse-grafana'],
  pgadmin: ['admin'],
} as const

/** Files that anybody in the container may read: their programs do not run as root. */
const MODE = 0o444

async function once(file: string, make: () => string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const value = make()
  await writeFile(`${file}.part`, value, { mode: MODE })
  await rename(`${file}.part`, file)
  return value
}

/** Users of ClickHouse: the sink's, and one for Grafana that reads the hospital's database and nothing else. */
export function clickhouseUsers(sink: string, grafana: string): string {
  return `<clickhouse>
  <profiles><readonly><readonly>2</readonly></readonly></profiles>
  <users>
    <default remove="1"/>
    <hospital>
      <password>${sink}</password>
      <networks><ip>::/0</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
    </hospital>
    <grafana>
      <password>${grafana}</password>
      <networks><ip>::/0</ip></networks>
      <profile>readonly</profile>
      <quota>default</quota>
      <grants>
        <query>GRANT SELECT ON hospital.*</query>
      </grants>
    </grafana>
  </users>
</clickhouse>
`
}

/** Makes the secrets that are not there yet, below `root`; the same secret has the same value in every folder. */
export async function makeSecrets(root: string): Promise<void> {
  const values = new Map<string, string>()
  for (const [folder, names] of Object.entries(SECRET_FOLDERS)) {
    await mkdir(join(root, folder), { recursive: true })
    for (const name of names) {
      // Each console has a password of its own.
      const key = name === 'admin' ? `${folder}-${name}` : name
      const made = values.get(key) ?? randomBytes(18).toString('base64url')
      values.set(key, await once(join(root, folder, name), () => made))
    }
  }
  const users = clickhouseUsers(values.get('clickhouse')!, values.get('clickhouse-grafana')!)
  await mkdir(join(root, 'clickhouse'), { recursive: true })
  await once(join(root, 'clickhouse', 'hospital.xml'), () => users)
}
