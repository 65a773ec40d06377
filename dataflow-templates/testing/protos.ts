import { createRequire } from 'node:module'
import { join } from 'node:path'

const require = createRequire(import.meta.url)
/** The API's own protos, as Google's client ships them. */
export const PROTOS = join(require.resolve('@google-cloud/dataflow'), '..', '..', 'protos', 'protos.json')

/** An answer of the API that is none: `code` is gRPC's. */
export class Refusal extends Error {
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}
