import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hospitalBoard } from './hospital.ts'
import { boardJson } from './model.ts'
import { pipelineBoard } from './pipeline.ts'

/** What `dashboards/` must hold: file names with their text. */
export function boardFiles(): Record<string, string> {
  return Object.fromEntries(
    [hospitalBoard, pipelineBoard].map((board) => [
      `${board.uid}.json`,
      `${JSON.stringify(boardJson(board), null, 2)}\n`,
    ]),
  )
}

/** `node dashboard/grafana/generate.ts` writes them. */
if (import.meta.main) {
  for (const [name, text] of Object.entries(boardFiles())) {
    await writeFile(join(import.meta.dirname, 'dashboards', name), text)
  }
}
