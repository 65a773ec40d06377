interface Resources {
  resource: Record<
    string,
    Record<string, { lifecycle?: { prevent_destroy?: boolean }; depends_on?: string[] }>
  >
}

const REFERENCE = /\b(google_[a-z0-9_]+)\.([A-Za-z_][\w-]*)/g

/**
 * Addresses of what may go when an environment is taken down and its data stays: everything that is not protected and
 * that nothing protected needs.
 */
export function mayGo({ resource }: Resources): string[] {
  const bodies = new Map<string, { lifecycle?: { prevent_destroy?: boolean } }>(
    Object.entries(resource).flatMap(([type, each]) =>
      Object.entries(each).map(([id, body]) => [`${type}.${id}`, body] as const),
    ),
  )
  const kept = new Set<string>()
  const keep = (address: string): void => {
    const body = bodies.get(address)
    if (body === undefined || kept.has(address)) return
    kept.add(address)
    const { '//': _, ...rest } = body as Record<string, unknown>
    for (const [, type, id] of JSON.stringify(rest).matchAll(REFERENCE)) keep(`${type}.${id}`)
  }
  for (const [address, { lifecycle }] of bodies) if (lifecycle?.prevent_destroy) keep(address)
  return [...bodies.keys()].filter((address) => !kept.has(address)).sort()
}
