import { checkRequirements } from '../setup/requirements-check.ts'
import { plainTable } from '../table.ts'

/** Prints what the machine has and lacks; exit code 1 when something is missing. */
export async function doctor(): Promise<void> {
  const requirements = await checkRequirements()
  const table = plainTable(['needed', 'found', 'what to do'])
  for (const { name, ok, found, todo } of requirements) table.push([name, found, ok ? 'nothing' : todo])
  console.log(table.toString())
  const missing = requirements.filter(({ ok }) => !ok)
  if (missing.length > 0) process.exitCode = 1
  console.log(missing.length === 0 ? 'This machine has all it needs.' : `${missing.length} missing.`)
}
