import type { Socket } from 'node:net'
import type pg from 'pg'
import { CopyFrames } from './copy-frames.ts'

/** Takes rows as they come. */
export interface RowSink {
  /** A piece of a row: the bytes from `start` to `end`, to be copied before it returns. */
  data(bytes: Buffer, start: number, end: number): void
  endOfRow(): void
  /** Whether no more should come before `drained` has settled. */
  readonly full: boolean
  /** Rejects when the rows can't be kept. */
  drained(): Promise<void>
}

interface Connection {
  stream: Socket
  query(sql: string): void
}

type Listener = (bytes: Buffer) => void

const READY_FOR_QUERY = 0x5a

/**
 * Runs a COPY … TO STDOUT as the next query of a client and hands its rows to `sink`, which sets the pace. The
 * driver would make an object of every row; here the bytes go by it, and it gets all other messages. Rejects with
 * what `refused` makes of PostgreSQL's error, or with the sink's own, after which the connection is closed.
 */
export function copyOut(
  client: pg.Client,
  sql: string,
  sink: RowSink,
  refused: (error: unknown) => Error,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let failed: unknown
    const fail = (error: unknown): void => {
      failed ??= error
      reject(failed)
    }
    const submittable = {
      submit(connection: Connection) {
        const { stream } = connection
        const listeners = stream.listeners('data') as Listener[]
        const restore = (): void => {
          stream.off('data', take)
          for (const listener of listeners) stream.on('data', listener)
        }
        const frames = new CopyFrames({
          data: (bytes, start, end) => sink.data(bytes, start, end),
          endOfRow: () => sink.endOfRow(),
          other(message, code) {
            if (code === READY_FOR_QUERY) restore()
            for (const listener of listeners) listener.call(stream, message)
          },
        })
        const stop = (error: unknown): void => {
          fail(error)
          stream.destroy()
        }
        const take = (bytes: Buffer): void => {
          try {
            frames.push(bytes)
          } catch (error) {
            stop(error)
            return
          }
          if (!sink.full) return
          stream.pause()
          sink.drained().then(() => stream.resume(), stop)
        }
        for (const listener of listeners) stream.off('data', listener)
        stream.on('data', take)
        connection.query(sql)
      },
      handleError: (error: unknown) => fail(refused(error)),
      handleCommandComplete() {},
      handleReadyForQuery: () => resolve(),
    }
    client.query(submittable as unknown as pg.Submittable)
  })
}
