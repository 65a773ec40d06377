import type { Choices, Report } from '../reports/report.ts'
import { api, NoAnswer } from './api.ts'
import { drawn, drawReport, layCards } from './cards.ts'
import { chosenSearch, fillChoices, fillForm, followLinks, notice, watchForm } from './choice.ts'
import { showPipeline, watchFollow } from './pipeline.ts'
import { tablePage } from './table.ts'
import { onTheme } from './theme.ts'
import { showNoServer, showTrust } from './trust.ts'

const LOOK_MS = 2_000
const LOOK_HIDDEN_MS = 30_000

const page = document.documentElement.dataset.page
let choices: Choices | undefined
let shown: Report | undefined
let version: string | null | undefined
let lastAnswer = new Date().toISOString()
let asked = 0

const loadTable = page === 'doctors' || page === 'journey' ? tablePage(page) : undefined

async function loadCharts(): Promise<void> {
  const mine = ++asked
  const { report } = await api.report(chosenSearch())
  // A later choice may have been answered before.
  if (mine !== asked) return
  shown = report
  drawReport(report)
}

/** Brings the numbers of this page; says plainly when there are none, or they are old. */
async function load(): Promise<void> {
  if (page === 'pipeline') return
  try {
    await Promise.all([
      api.choices().then((found) => {
        choices = found
        fillChoices(found)
      }),
      loadTable ? loadTable() : loadCharts(),
    ])
    notice('')
    document.documentElement.dataset.loaded = 'true'
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error
    if (error.code === 'REPORTS_MISSING') notice(`There are no numbers yet. What to do: ${error.todo}.`)
    else if (error.code === 'REQUEST_INVALID') notice(`This choice can't be shown: ${error.message}.`, 'bad')
    else
      notice(
        `New numbers can't be read now${shown ? '; those below are older' : ''}: ${error.message} ${error.todo}`,
        'bad',
      )
  }
}

async function look(): Promise<void> {
  try {
    const health = await api.health()
    lastAnswer = health.at
    showTrust(health)
    if (page === 'pipeline') showPipeline(health)
    if (version !== undefined && health.version !== version) void load()
    version = health.version
  } catch {
    showNoServer(lastAnswer)
  }
  setTimeout(look, document.hidden ? LOOK_HIDDEN_MS : LOOK_MS)
}

if (page === 'reports') layCards()
if (page === 'pipeline') watchFollow()
watchForm(
  () => choices,
  () => void load(),
)
addEventListener('popstate', () => {
  if (choices) fillChoices(choices)
  else fillForm()
  followLinks()
  void load()
})
onTheme(() => {
  if (shown) drawReport(shown)
})
followLinks()
fillForm()
Object.assign(globalThis, { hospital: { charts: drawn } })
void load()
void look()
