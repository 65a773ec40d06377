import { readFile, rm, writeFile } from 'node:fs/promises'
import type { StatePaths } from '../paths.ts'
import { isAlive } from '../stack-file.ts'

interface Recorded {
  name: string
  pid: number
  startedAt: string
}

/** Kernel's start time of a process, which tells a process from a later one with its number. Linux only. */
async function startTime(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

/** Writes down which processes the supervisor runs, so that its successor can end them if it was killed. */
export async function recordProcesses(
  paths: StatePaths,
  processes: { name: string; pid: number | null }[],
): Promise<void> {
  const records: Recorded[] = []
  for (const { name, pid } of processes) {
    if (pid !== null) records.push({ name, pid, startedAt: (await startTime(pid)) ?? '' })
  }
  await writeFile(paths.processesFile, JSON.stringify(records))
}

/** Ends what a killed supervisor left running. Returns the names of what it found. */
export async function endLeftovers(paths: StatePaths): Promise<string[]> {
  let records: Recorded[]
  try {
    records = JSON.parse(await readFile(paths.processesFile, 'utf8')) as Recorded[]
  } catch {
    return []
  }
  const found: Recorded[] = []
  for (const record of records) {
    if (
      isAlive(record.pid) &&
      record.startedAt !== '' &&
      (await startTime(record.pid)) === record.startedAt
    ) {
      found.push(record)
    }
  }
  for (const { name, pid } of found) process.kill(pid, name === 'postgres' ? 'SIGINT' : 'SIGTERM')
  for (let waited = 0; waited < 100 && found.some(({ pid }) => isAlive(pid)); waited++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  for (const { pid } of found) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  await rm(paths.processesFile, { force: true })
  return found.map(({ name }) => name)
}
