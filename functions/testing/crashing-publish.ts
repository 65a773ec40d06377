import { writeSync } from 'node:fs'
import { publish } from '../warehouse/publish.ts'
import { options } from './publishing.ts'

/** Publishes and kills itself at the step that CRASH_AT names. */
const { CRASH_AT, WAREHOUSE_FILE, PUBLISHED } = process.env as Record<string, string>

await publish({
  warehouse: options(WAREHOUSE_FILE!),
  path: PUBLISHED!,
  at(point) {
    if (point !== CRASH_AT) return
    writeSync(1, `killed at ${point}`)
    process.kill(process.pid, 'SIGKILL')
  },
})
