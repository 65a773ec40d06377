import { randomBytes } from 'node:crypto'
import { checkRange, invalid } from './status.ts'

export type ResourceKind = 'topics' | 'subscriptions' | 'snapshots'

/** What a subscription shows in place of a topic that is gone. */
export const deletedTopic = '_deleted-topic_'

const pattern = /^projects\/([A-Za-z0-9][A-Za-z0-9._:-]*)\/(topics|subscriptions|snapshots)\/([^/]+)$/
const idPattern = /^[A-Za-z][A-Za-z0-9\-_.~+%]{2,254}$/
const labelKey = /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u
const labelValue = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u

/** Takes a resource name apart, or refuses it. */
export function parseName(
  kind: ResourceKind,
  name: string | null | undefined,
): { project: string; id: string } {
  const match = pattern.exec(name ?? '')
  const [, project, found, id] = match ?? []
  if (!project || !id || found !== kind || !idPattern.test(id) || id.startsWith('goog')) {
    throw invalid(`Invalid [${kind}] name: (name=${name ?? ''})`)
  }
  return { project, id }
}

/** A name made up by the server, as when a subscription is created without one. */
export function randomName(kind: ResourceKind, project: string): string {
  return `projects/${project}/${kind}/${kind.slice(0, 3)}-${randomBytes(8).toString('hex')}`
}

/** Refuses a malformed `projects/{project}`. */
export function parseProject(name: string | null | undefined): string {
  const match = /^projects\/([A-Za-z0-9][A-Za-z0-9._:-]*)$/.exec(name ?? '')
  if (!match?.[1]) throw invalid(`Invalid [projects] name: (name=${name ?? ''})`)
  return match[1]
}

/** Refuses labels outside the limits of Google Cloud. */
export function checkLabels(labels: Record<string, string> | null | undefined): void {
  const entries = Object.entries(labels ?? {})
  checkRange('label_count', entries.length, 0, 64)
  for (const [key, value] of entries) {
    if (!labelKey.test(key) || !labelValue.test(value)) {
      throw invalid(`Invalid label (key=${key}): keys and values are lowercase letters, digits, _ and -.`)
    }
  }
}

/** One page of a list in the order of names, and the token of the next one. */
export function page<T>(
  items: Iterable<T>,
  nameOf: (item: T) => string,
  pageSize: number,
  token: string,
): { items: T[]; nextPageToken: string } {
  checkRange('page_size', pageSize, 0, 1000)
  const after = token === '' ? '' : Buffer.from(token, 'base64url').toString()
  if (token !== '' && Buffer.from(after).toString('base64url') !== token) {
    throw invalid('Invalid page token given in the request.')
  }
  const left = [...items]
    .filter((item) => nameOf(item) > after)
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  const size = pageSize || 100
  const chosen = left.slice(0, size)
  const last = chosen.at(-1)
  const more = left.length > size && last !== undefined
  return { items: chosen, nextPageToken: more ? Buffer.from(nameOf(last)).toString('base64url') : '' }
}
