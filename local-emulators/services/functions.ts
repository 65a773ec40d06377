import { join } from 'node:path'
import type { FunctionEntry } from '@pipeline/functions/manifest-parts.ts'
import { root, tools } from '../paths.ts'
import type { ServiceSpec } from '../supervisor/managed-process.ts'
import { tcpConnect, until } from '../supervisor/wait.ts'
import { nodeProcess } from './node-process.ts'

/** The command line of a Python function, on the packages that are installed for dbt. */
function pythonProcess({ folder, entryPoint }: FunctionEntry, port: number) {
  const source = join(root, 'functions', folder, 'main.py')
  const at = ['--host', '127.0.0.1', '--port', String(port)]
  return {
    command: tools.python,
    args: ['-m', 'functions_framework', '--source', source, '--target', entryPoint, ...at],
    cwd: root,
  }
}

/** A script with the flags of a function: Node's compile cache holds for the same flags only. */
export function functionProcess(script: string) {
  return nodeProcess(script, 384, 96)
}

/** One function under functions-framework, in a process of its own as in the cloud. */
export function functionService(
  entry: FunctionEntry,
  port: number,
  env: Record<string, string>,
): ServiceSpec {
  const { name, runtime } = entry
  const ready = (signal: AbortSignal) => until(() => tcpConnect('127.0.0.1', port), signal, 50)
  if (runtime.startsWith('python')) {
    // Nothing is written beside the source, and lines come as they are made.
    const python = { PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1' }
    return { name, ...pythonProcess(entry, port), env: { ...env, ...python }, ready }
  }
  return {
    name,
    ...functionProcess('functions/serve.ts'),
    env: { ...env, FUNCTION_TARGET: name, PORT: String(port) },
    ready,
  }
}
