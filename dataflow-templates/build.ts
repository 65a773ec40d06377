import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const pipelines = join(import.meta.dirname, 'pipelines')
const INCLUDE = /^( *)# include (\S+)$/gm
const ROWS = /^( *)# rows (\S+)$/gm

const indent = (text: string, by: string): string =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : by + line))
    .join('\n')

/** Rows of a CSV file without quotes, its header left out. Throws on a row of another width. */
export function readRows(text: string): string[][] {
  const [header, ...rows] = text
    .trim()
    .split('\n')
    .map((line) => line.split(','))
  for (const row of rows) {
    if (row.length !== header!.length || row.join('').includes('"')) throw new RangeError(`row ${row[0]}`)
  }
  return rows
}

/**
 * The text of a pipeline as Beam gets it: one file, its Python and data inlined, its parameters still Jinja variables.
 * `# include FILE` and `# rows FILE` are replaced where they stand; Jinja leaves what they bring alone.
 */
export function pipelineText(name: string): string {
  const path = join(pipelines, name, 'pipeline.yaml')
  const file = (relative: string): string => readFileSync(join(dirname(path), relative), 'utf8')
  const raw = (text: string, by: string): string => `{% raw %}\n${indent(text, by)}\n{% endraw %}`
  return readFileSync(path, 'utf8')
    .replace(INCLUDE, (_, by: string, relative: string) => raw(file(relative), by))
    .replace(ROWS, (_, by: string, relative: string) =>
      raw(
        readRows(file(relative))
          .map((row) => `- ${JSON.stringify(row)}`)
          .join('\n'),
        by,
      ),
    )
}
