import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SECRETS } from '@pipeline/functions/manifest-parts.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { databaseAddress } from './database.ts'
import { type Names, namesOf, secretsOf } from './names.ts'
import type { Settings } from './settings.ts'
import { asked } from './shell.ts'

const DAYS = '1095'
const password = (): string => randomBytes(32).toString('base64url')

/** An authority for this environment alone, and what its VM shows: the key of the authority is kept by nobody. */
export function certificates(names: Names): { authority: string; server: string } {
  const dir = mkdtempSync(join(tmpdir(), 'tls-'))
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' })
  const read = (file: string): string => readFileSync(join(dir, file), 'utf8')
  try {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    openssl(
      'req',
      '-x509',
      ...key,
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-days',
      DAYS,
      '-subj',
      `/CN=${names.zone}`,
    )
    openssl(
      'req',
      ...key,
      '-keyout',
      'vm.key',
      '-out',
      'vm.csr',
      '-subj',
      `/CN=vm.${names.zone}`,
      '-addext',
      `subjectAltName=DNS:${names.host('kafka')},DNS:${names.host('clickhouse')}`,
    )
    openssl(
      'x509',
      '-req',
      '-in',
      'vm.csr',
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      DAYS,
      '-copy_extensions',
      'copy',
      '-out',
      'vm.pem',
    )
    return { authority: read('ca.pem'), server: `${read('vm.key')}${read('vm.pem')}` }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** First values of every secret that the stack can make by itself. */
export function firstSecrets(settings: Settings): Record<string, string> {
  const names = namesOf(settings)
  const { host, port } = databaseAddress({ settings, names } as never)
  const query =
    settings.database.kind === 'own' ? 'sslmode=verify-full' : 'uselibpqcompat=true&sslmode=require'
  const url = (role: string): string =>
    `postgresql://${role}:${password()}@${host}:${port}/${settings.databaseName}?${query}`
  const { authority, server } = certificates(names)
  // What has no other form is a password or a key that nobody needs to know.
  const onlyYours: string[] = [
    SECRETS.exportKey,
    ...(settings.clickhouse.kind === 'own' ? [SECRETS.clickhousePassword] : []),
  ]
  const plain = secretsOf(settings).filter((secret) => !onlyYours.includes(secret))
  return {
    ...Object.fromEntries(plain.map((secret) => [secret, password()])),
    [SECRETS.databaseReader]: url('hospital_reader'),
    [SECRETS.databaseWriter]: url('hospital_writer'),
    'postgres-cdc-password': password(),
    'kafka-pipeline-password': password(),
    'private-ca': authority,
    'private-tls-key': server,
    ...(settings.database.kind === 'cloud-sql' ? { 'postgres-admin-password': password() } : {}),
  }
}

/** Gives each secret without a version its first one. Throws SETTING_INVALID for those that only a person knows. */
export function fillSecrets(settings: Settings, wanted: readonly string[], ask: typeof asked = asked): void {
  const names = namesOf(settings)
  const project = `--project=${settings.project}`
  const empty = wanted.filter(
    (secret) =>
      !ask('gcloud', [
        'secrets',
        'versions',
        'list',
        names.secret(secret as 'private-ca'),
        project,
        '--limit=1',
        '--format=value(name)',
      ]),
  )
  if (empty.length === 0) return
  const first = firstSecrets(settings)
  const unknown = empty.filter((secret) => !(secret in first))
  if (unknown.length > 0) {
    throw new PipelineError('SETTING_INVALID', {
      secrets: unknown.map((each) => names.secret(each as 'private-ca')).join(', '),
      why: 'only you know them: printf %s VALUE | gcloud secrets versions add NAME --data-file=-',
    })
  }
  const pair = ['private-ca', 'private-tls-key'].filter((each) => empty.includes(each))
  if (pair.length === 1) {
    throw new PipelineError('SETTING_INVALID', {
      secret: pair[0],
      why: 'authority and key belong together and one of them is there: see docs/operations.md, Rotate a secret',
    })
  }
  for (const secret of empty) {
    const args = [
      'secrets',
      'versions',
      'add',
      names.secret(secret as 'private-ca'),
      project,
      '--data-file=-',
    ]
    if (ask('gcloud', args, first[secret]!) === undefined) {
      throw new PipelineError('SETTING_INVALID', {
        secret: names.secret(secret as 'private-ca'),
        why: 'gcloud did not take its first version',
      })
    }
  }
}
