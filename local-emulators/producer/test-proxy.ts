import { connect, createServer, type Socket } from 'node:net'

/** What becomes of a commit on its way: it arrives, it never arrives, or it arrives and its answer is lost. */
export type Fate = 'pass' | 'lose commit' | 'lose answer'

export interface CommitProxy {
  url: string
  close(): Promise<void>
}

/** Stands between a client and PostgreSQL and cuts the connection at commits, as `decide` says for each. */
export async function startCommitProxy(url: string, decide: (commit: number) => Fate): Promise<CommitProxy> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  let commits = 0
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    let deaf = false
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', (chunk) => {
      const fate = chunk.includes('COMMIT\0') ? decide(++commits) : 'pass'
      if (fate === 'lose commit') {
        client.destroy()
        return
      }
      deaf = fate === 'lose answer'
      upstream.write(chunk)
    })
    upstream.on('data', (chunk) => {
      if (deaf) client.destroy()
      else client.write(chunk)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const through = new URL(url)
  through.port = String((server.address() as { port: number }).port)
  return {
    url: through.href,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
