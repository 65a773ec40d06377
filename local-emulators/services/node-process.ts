import { join } from 'node:path'
import { root } from '../paths.ts'

/** Up to here V8 collects only what is young: buffers that come and go would have it mark the whole heap over and over. */
const UNMARKED_MIB = 128

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
      `--initial-old-space-size=${Math.min(UNMARKED_MIB, heapMiB / 2)}`,
      '--single-threaded-gc',
      join(root, script),
    ],
    cwd: root,
  }
}
