import { join } from 'node:path'
import { root } from '../paths.ts'

/** The command line of one of our own processes, on the Node that runs this one. */
export function nodeProcess(
  script: string,
  heapMiB: number,
): { command: string; args: string[]; cwd: string } {
  return {
    command: process.execPath,
    args: [
      '--disable-warning=ExperimentalWarning',
      '--disable-warning=TimeoutNegativeWarning',
      `--max-old-space-size=${heapMiB}`,
      '--single-threaded-gc',
      join(root, script),
    ],
    cwd: root,
  }
}
