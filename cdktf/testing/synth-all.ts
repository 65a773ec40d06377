import { createRequire } from 'node:module'
import { choices, synthesize } from './synthesized.ts'

/** Writes the resources of every choice, and what synthesized them, to standard output. */
const require = createRequire(import.meta.url)
const { name, version } = require(require.resolve('cdktf/package.json')) as { name: string; version: string }
const stacks = Object.fromEntries(
  Object.entries(choices).map(([choice, settings]) => {
    const { foundation, pipeline } = synthesize(settings)
    return [choice, { foundation: foundation.resource, pipeline: pipeline.resource }]
  }),
)
process.stdout.write(JSON.stringify({ by: `${name} ${version}`, stacks }))
