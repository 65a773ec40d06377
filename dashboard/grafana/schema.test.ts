import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { defaultDashboard } from '@grafana/schema'
import { parse } from 'yaml'

const repository = resolve(import.meta.dirname, '..', '..')
const modules = join(repository, 'node_modules')
const read = (...path: string[]): string => readFileSync(join(repository, ...path), 'utf8')

interface Board {
  // biome-ignore lint/suspicious/noExplicitAny: mutants go where no type lets them
  [field: string]: any
}

const folder = join('dashboard', 'grafana', 'dashboards')
const boards = Object.fromEntries(
  readdirSync(join(repository, folder)).map((name): [string, Board] => [
    name,
    JSON.parse(read(folder, name)),
  ]),
)

/** Compiles each board as a literal of Grafana's type: what the compiler finds, by the board's name. */
function faults(files: Record<string, Board>): Record<string, string> {
  const dir = mkdtempSync(join(tmpdir(), 'boards-'))
  try {
    const type = JSON.stringify(join(import.meta.dirname, 'schema.ts'))
    const names = Object.keys(files)
    for (const [at, board] of Object.values(files).entries()) {
      const text = `import type { Dashboard } from ${type}\nexport const board: Dashboard = ${JSON.stringify(board, null, 1)}\n`
      writeFileSync(join(dir, `${at}.mts`), text)
    }
    writeFileSync(
      join(dir, 'tsconfig.json'),
      JSON.stringify({
        extends: join(repository, 'tsconfig.json'),
        compilerOptions: { types: [] },
        include: ['*.mts'],
        exclude: [],
      }),
    )
    const tsc = join(modules, 'typescript', 'bin', 'tsc')
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [tsc, '--project', dir, '--pretty', 'false'],
      { cwd: dir, encoding: 'utf8' },
    )
    const found: Record<string, string> = {}
    let name = ''
    for (const line of stdout.split('\n').filter((each) => each !== '')) {
      const place = /^(\d+)\.mts\((?=\d)/.exec(line)
      if (place) name = names[Number(place[1])]!
      else assert.match(line, /^ /, `${line}\n${stderr}`)
      found[name] = `${found[name] ?? ''}${line}\n`
    }
    assert.equal(status === 0, Object.keys(found).length === 0, stderr)
    return found
  } finally {
    rmSync(dir, { recursive: true })
  }
}

test("the schema is that of the Grafana that runs, and the boards' version is its own", () => {
  const { services } = parse(read('docker-compose.yml'), { merge: true })
  const { version } = JSON.parse(read('node_modules', '@grafana', 'schema', 'package.json'))
  assert.equal(services.grafana.image, `docker.io/grafana/grafana:${version}`)
  for (const [name, { schemaVersion }] of Object.entries(boards)) {
    assert.equal(schemaVersion, defaultDashboard.schemaVersion, name)
  }
})

const panel = (board: Board, type: string): Board => board.panels.find((each: Board) => each.type === type)

/** Each is a slip that Grafana would take and not show. */
const mutants: Record<string, [change: (board: Board) => void, finds: RegExp]> = {
  'a field that no board has': [
    (board) => Object.assign(board, { editible: false }),
    /"editible"' does not exist/,
  ],
  'a field that no panel has': [
    (board) => Object.assign(board.panels[0], { hight: 4 }),
    /"hight"' does not exist/,
  ],
  'a panel type that is gone': [(board) => Object.assign(board.panels[0], { type: 'graph' }), /"graph"/],
  'an option of another panel type': [
    (board) => Object.assign(panel(board, 'stat').options, { frameIndex: 0 }),
    /"frameIndex"' does not exist/,
  ],
  'an option that is missing': [
    (board) => delete panel(board, 'barchart').options.stacking,
    /'stacking' is missing/,
  ],
  'a word that is none of an enum': [
    (board) => Object.assign(panel(board, 'piechart').options.legend, { displayMode: 'grid' }),
    /"grid"/,
  ],
  'a number that is none of an enum': [(board) => Object.assign(board, { graphTooltip: 3 }), /Type '3'/],
  'a text for a number': [
    (board) => Object.assign(board.panels[0].gridPos, { w: '4' }),
    /Type 'string' is not assignable to type 'number'/,
  ],
  'a colour mode that is none': [
    (board) => Object.assign(panel(board, 'table').fieldConfig.defaults.color, { mode: 'rainbow' }),
    /"rainbow"/,
  ],
  'a setting that the fields of a panel type do not have': [
    (board) => Object.assign(panel(board, 'barchart').fieldConfig.defaults, { custom: { lineWdth: 1 } }),
    /"lineWdth"' does not exist/,
  ],
  'a variable in no known order': [
    (board) => Object.assign(board.templating.list[0], { sort: 99 }),
    /Type '99'/,
  ],
  'a query without its letter': [(board) => delete board.panels[0].targets[0].refId, /'refId' is missing/],
}

test('each board is valid by the schema of Grafana, which finds what is not', () => {
  const made = Object.entries(mutants).map(([name, [change]]): [string, Board] => {
    const board = structuredClone(boards['hospital.json']!)
    change(board)
    return [name, board]
  })
  const found = faults({ ...boards, ...Object.fromEntries(made) })
  for (const name of Object.keys(boards)) assert.equal(found[name], undefined)
  for (const [name, [, finds]] of Object.entries(mutants)) assert.match(found[name] ?? '', finds, name)
})
