import { join } from 'node:path'
import { root } from '../paths.ts'

/**
 * The command line of one of our own processes, on the Node that runs this one. Up to `unmarkedMiB` V8 collects only
 * what is young: buffers that come and go would have it mark the whole heap over and over.
 */
export function nodeProcess(
  script: string,
  heapMiB: number,
  unmarkedMiB = Math.min(128, heapMiB / 2),
): { command: string; args: string[]; cwd: string } {
  return {
    command: process.execPath,
    args: [
      '--disable-warning=ExperimentalWarning',
      '--disable-warning=TimeoutNegativeWarning',
      `--max-old-space-size=${heapMiB}`,
      `--initial-old-space-size=${unmarkedMiB}`,
      '--single-threaded-gc',
      // What is outside the heap counts with it; else each 64 MiB of buffers that came and went has the heap marked.
      '--external-memory-accounted-in-global-limit',
      join(root, script),
    ],
    cwd: root,
  }
}
