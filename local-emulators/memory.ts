import { readdir, readFile } from 'node:fs/promises'

interface ProcessMemory {
  pid: number
  parent: number
  name: string
}

async function processes(): Promise<ProcessMemory[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    pids.map(async (pid) => {
      try {
        const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
        const end = stat.lastIndexOf(')')
        const fields = stat.slice(end + 2).split(' ')
        return { pid: Number(pid), parent: Number(fields[1]), name: stat.slice(stat.indexOf('(') + 1, end) }
      } catch {
        return undefined
      }
    }),
  )
  return found.filter((each) => each !== undefined)
}

/** Proportional set size, so that pages which PostgreSQL's processes share count once; bytes. */
async function residentBytes(pid: number): Promise<number> {
  try {
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
    return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

const PAGE_BYTES = 4096

/** Of one process, what is its own: without the pages that it shares with files and other processes. */
async function ownBytes(pid: number): Promise<number> {
  try {
    const [, resident, shared] = (await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ').map(Number)
    return (resident! - shared!) * PAGE_BYTES
  } catch {
    return 0
  }
}

/**
 * Reads the processes as they are now. Gives the memory of a process and all below it, in bytes, reading each process
 * once in however many trees it is; undefined where the system has no /proc.
 */
async function readTrees(): Promise<((rootPid: number) => Promise<number>) | undefined> {
  const all = await processes().catch(() => undefined)
  if (!all) return undefined
  const children = Map.groupBy(all, ({ parent }) => parent)
  const resident = new Map<number, Promise<number>>()
  return async (rootPid) => {
    const tree: number[] = [rootPid]
    for (const pid of tree) {
      if (!resident.has(pid)) resident.set(pid, residentBytes(pid))
      tree.push(...(children.get(pid) ?? []).map((child) => child.pid))
    }
    const bytes = await Promise.all(tree.map((pid) => resident.get(pid)!))
    return bytes.reduce((sum, each) => sum + each, 0)
  }
}

export interface Watched {
  name: string
  pid: number | null
  /** Without the processes below it. */
  alone?: boolean
}

/** Watches the memory of some process trees and keeps the highest of each. */
export class MemoryWatch {
  readonly peaks = new Map<string, number>()
  private readonly trees: () => Watched[]
  private readonly timer: NodeJS.Timeout
  private busy = false

  constructor(trees: () => Watched[], everyMs = 1_000) {
    this.trees = trees
    this.timer = setInterval(() => void this.look(), everyMs)
    this.timer.unref()
  }

  async look(): Promise<void> {
    if (this.busy) return
    this.busy = true
    try {
      const treeOf = await readTrees()
      for (const { name, pid, alone } of this.trees()) {
        const bytes = pid === null ? undefined : await (alone ? ownBytes(pid) : treeOf?.(pid))
        if (bytes !== undefined) this.peaks.set(name, Math.max(bytes, this.peaks.get(name) ?? 0))
      }
    } finally {
      this.busy = false
    }
  }

  stop(): void {
    clearInterval(this.timer)
  }
}
