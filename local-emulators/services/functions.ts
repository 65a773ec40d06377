import type { ServiceSpec } from '../supervisor/managed-process.ts'
import { tcpConnect, until } from '../supervisor/wait.ts'
import { nodeProcess } from './node-process.ts'

/** One function under functions-framework, in a process of its own as in the cloud. */
export function functionService(name: string, port: number, env: Record<string, string>): ServiceSpec {
  return {
    name,
    ...nodeProcess('functions/serve.ts', 384),
    env: { ...env, FUNCTION_TARGET: name, PORT: String(port) },
    ready: (signal) => until(() => tcpConnect('127.0.0.1', port), signal, 50),
  }
}
