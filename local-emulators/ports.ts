import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'

/** Whether a TCP port on loopback can be listened on now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port: 0, host: '127.0.0.1' }, () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address
          ? resolve(address.port)
          : reject(new Error('no port was given')),
      )
    })
  })
}

/**
 * Picks a port for each name: the one asked for, else the one it had last time if that is free, else a free one.
 * Clients that kept an address from before a restart then still find the stack.
 */
export async function pickPorts<Name extends string>(
  names: readonly Name[],
  asked: Partial<Record<Name, number | undefined>>,
  previous: Partial<Record<Name, number>> = {},
): Promise<Record<Name, number>> {
  const taken = new Set<number>()
  const ports = {} as Record<Name, number>
  for (const name of names) {
    const wish = asked[name]
    if (wish !== undefined) {
      ports[name] = wish
    } else {
      const last = previous[name]
      let port = last !== undefined && !taken.has(last) && (await isFree(last)) ? last : await freePort()
      while (taken.has(port)) port = await freePort()
      ports[name] = port
    }
    taken.add(ports[name])
  }
  return ports
}

/** `pickPorts` that keeps what it picked in a file, so that a restarted stack has its old addresses. */
export async function rememberPorts<Name extends string>(
  file: string,
  names: readonly Name[],
  asked: Partial<Record<Name, number | undefined>>,
): Promise<Record<Name, number>> {
  let previous: Partial<Record<Name, number>> = {}
  try {
    previous = JSON.parse(await readFile(file, 'utf8')) as typeof previous
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' && !(error instanceof SyntaxError)) throw error
  }
  const ports = await pickPorts(names, asked, previous)
  await writeFile(file, JSON.stringify(ports))
  return ports
}
