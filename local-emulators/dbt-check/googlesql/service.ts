import { readFile } from 'node:fs/promises'
import { WASI } from 'node:wasi'
import {
  type EnumTypeDefinition,
  loadFileDescriptorSetFromBuffer,
  type PackageDefinition,
  type ServiceDefinition,
} from '@grpc/proto-loader'

export type Message = Record<string, unknown>

interface Exports {
  memory: { buffer: ArrayBuffer }
  wasm_malloc(size: number): number
  wasm_free(pointer: number): void
  wasm_get_last_error(): number
  wasm_get_last_error_size(): number
  [method: `ZetaSqlLocalService_${string}`]: (request: number, size: number, resultSize: number) => number
}

/** What is used of WebAssembly, which Node's types leave to those of browsers. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: { instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: object }> }
}

/** GoogleSQL's local service in WebAssembly: requests and answers are protocol buffers as plain objects. */
export class GoogleSqlService {
  private readonly exports: Exports
  private readonly types: PackageDefinition

  private constructor(exports: Exports, types: PackageDefinition) {
    this.exports = exports
    this.types = types
  }

  /** `wasm`: zetasql.wasm; `descriptors`: what descriptors.py wrote of its interface. */
  static async load(wasm: string, descriptors: string): Promise<GoogleSqlService> {
    const shape = { keepCase: true, longs: String, enums: String }
    const types = loadFileDescriptorSetFromBuffer(await readFile(descriptors), shape)
    const wasi = new WASI({ version: 'preview1', preopens: { '/usr/share/zoneinfo': '/usr/share/zoneinfo' } })
    const { instance } = await WebAssembly.instantiate(await readFile(wasm), wasi.getImportObject())
    wasi.initialize(instance)
    return new GoogleSqlService((instance as { exports: Exports }).exports, types)
  }

  /** Names of an enumeration's values. */
  values(name: string): string[] {
    const { type } = this.types[`zetasql.${name}`] as EnumTypeDefinition
    return (type as { value: { name: string }[] }).value.map((each) => each.name)
  }

  /** Calls a method. Throws an Error with the service's own words where it refuses the request. */
  call(name: string, request: Message): Message {
    return this.send(name, request, (answer, method) => method.responseDeserialize(answer) as Message)
  }

  /** The same where only the error matters: reading the tree of a statement takes longer than making it. */
  accepts(name: string, request: Message): void {
    this.send(name, request, () => undefined)
  }

  private send<T>(
    name: string,
    request: Message,
    read: (answer: Buffer, method: ServiceDefinition[string]) => T,
  ): T {
    const service = this.types['zetasql.local_service.ZetaSqlLocalService'] as ServiceDefinition
    const method = service[name]!
    const bytes = method.requestSerialize(request)
    const { memory, wasm_malloc: malloc, wasm_free: free } = this.exports
    const pointer = malloc(bytes.length)
    const size = malloc(4)
    new Uint8Array(memory.buffer).set(bytes, pointer)
    try {
      const answer = this.exports[`ZetaSqlLocalService_${name}`]!(pointer, bytes.length, size)
      const length = new DataView(memory.buffer).getUint32(size, true)
      // An empty answer may lie nowhere.
      if (answer === 0 && (method.responseType.type as { name: string }).name !== 'Empty')
        throw new Error(this.lastError())
      const copy = Buffer.from(
        new Uint8Array(memory.buffer).slice(answer, answer + (answer === 0 ? 0 : length)),
      )
      if (answer !== 0) free(answer)
      return read(copy, method)
    } finally {
      free(pointer)
      free(size)
    }
  }

  private lastError(): string {
    const { memory, wasm_get_last_error: at, wasm_get_last_error_size: size } = this.exports
    const length = size()
    const start = at()
    const text = Buffer.from(new Uint8Array(memory.buffer).subarray(start, start + length)).toString()
    return text.replace(/^Code: \d+, Message: /, '')
  }
}
