import { join } from 'node:path'
import { root } from '../paths.ts'
import { runInherited } from './run-inherited.ts'

/** Type check and biome; exit code 1 when either complains. */
export async function lint(): Promise<void> {
  const bin = (name: string): string => join(root, 'node_modules', '.bin', name)
  const codes: number[] = []
  // The page and its tests know a browser, the rest does not.
  for (const project of [root, join(root, 'dashboard', 'page'), join(root, 'dashboard', 'browser')])
    codes.push(await runInherited(bin('tsc'), ['--project', project]))
  codes.push(await runInherited(bin('biome'), ['check', root]))
  if (codes.some((code) => code !== 0)) process.exitCode = 1
  else console.log('lint: nothing to mend')
}
