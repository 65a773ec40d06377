import { PipelineError } from '@pipeline/hospital/errors.ts'

const TIMEOUT_MS = 10_000

async function send(method: 'POST' | 'PUT', url: string, body: object): Promise<number> {
  try {
    const response = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    await response.arrayBuffer()
    return response.status
  } catch (error) {
    throw new PipelineError('KAFKA_UNAVAILABLE', { part: 'Redpanda' }, error)
  }
}

/** Makes a user of Redpanda (SCRAM-SHA-256), or gives the one that is there its password. Throws KAFKA_UNAVAILABLE. */
export async function ensureUser(adminUrl: string, username: string, password: string): Promise<void> {
  const users = `${adminUrl}/v1/security/users`
  const user = { username, password, algorithm: 'SCRAM-SHA-256' }
  const made = await send('POST', users, user)
  if (made === 200) return
  const updated = await send('PUT', `${users}/${encodeURIComponent(username)}`, user)
  if (updated !== 200) throw new PipelineError('KAFKA_UNAVAILABLE', { part: 'Redpanda', status: updated })
}
