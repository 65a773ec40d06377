import type { Followed, Step } from '../follow/steps.ts'
import type { Check, Health, Hop } from '../health/health.ts'
import { api, NoAnswer } from './api.ts'
import { byId, h, show } from './dom.ts'
import { count, time } from './format.ts'
import { stateSign } from './trust.ts'

function hopCard({ id, title, by, state, total, unit, perMinute, waiting }: Hop): HTMLElement {
  const facts = [
    ...(total === null ? [] : [`${count(total)} ${unit}`]),
    ...(perMinute === null ? [] : [`${count(Math.round(perMinute))} a minute`]),
  ]
  return h(
    'div',
    { class: 'hop', id: `hop-${id}`, 'data-state': state },
    h('h3', {}, stateSign(state), ' ', title),
    h('p', { class: 'by' }, by),
    ...facts.map((text) => h('p', { class: 'flow' }, text)),
    ...(waiting === '' ? [] : [h('p', { class: 'waiting' }, waiting)]),
  )
}

/** The hops as a line with arrows; what is fed side by side stands one below the other. */
function showHops(hops: readonly Hop[]): void {
  const source = h(
    'li',
    {},
    h('div', { class: 'hop' }, h('h3', {}, 'PostgreSQL'), h('p', { class: 'by' }, 'the hospital')),
  )
  const branches = hops.filter(({ branch }) => branch)
  const line = hops.filter(({ branch }) => !branch)
  const items = line.map((hop) => h('li', {}, hopCard(hop)))
  const at = line.findIndex(({ id }) => id === 'pubsub') + 1
  if (branches.length > 0) items.splice(at, 0, h('li', { class: 'branches' }, ...branches.map(hopCard)))
  show(byId('hops'), source, ...items)
}

function showChecks(checks: readonly Check[]): void {
  const row = ({ title, state, value, todo }: Check): HTMLElement =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, title),
      h('td', {}, stateSign(state), ' ', value),
      h('td', {}, todo ?? ''),
    )
  const heads = ['Check', 'State', 'What to do'].map((text) => h('th', { scope: 'col' }, text))
  const table = h('table', {}, h('thead', {}, h('tr', {}, ...heads)), h('tbody', {}, ...checks.map(row)))
  show(
    byId('checks'),
    h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Rows' }, table),
  )
}

export function showPipeline({ hops, checks }: Health): void {
  showHops(hops)
  showChecks(checks)
}

function stepItem(step: Step, first: string | undefined): HTMLElement {
  const { title, at, state, where } = step
  const since = at && first ? (Date.parse(at) - Date.parse(first)) / 1000 : undefined
  const when = at ? `${at.slice(0, 10)} ${time(at, true)} UTC` : state === 'there' ? 'there' : state
  return h(
    'li',
    { 'data-state': state === 'there' ? 'good' : 'unknown', 'data-step': step.id },
    h('h3', {}, title),
    h(
      'p',
      { class: 'when' },
      when,
      ...(since !== undefined && since > 0 ? [h('span', { class: 'since' }, ` +${since.toFixed(2)} s`)] : []),
    ),
    h('p', { class: 'where' }, where),
  )
}

const OPS: Record<string, string> = { c: 'insert', u: 'update', d: 'delete', r: 'snapshot', t: 'truncate' }

function showFollowed({ table, key, op, steps }: Followed): void {
  const first = steps[0]?.at ?? undefined
  byId('followed').replaceChildren(
    h('p', {}, `Newest change of ${table} ${key}: ${OPS[op] ?? op}`),
    h('ol', { class: 'steps' }, ...steps.map((step) => stepItem(step, first))),
  )
}

/** The form that follows a change; it looks again while steps are open. */
export function watchFollow(): void {
  const form = byId<HTMLFormElement>('follow')
  let again: ReturnType<typeof setTimeout> | undefined
  const look = async (table: string, key: string): Promise<void> => {
    clearTimeout(again)
    try {
      const found = await api.follow(table, key)
      showFollowed(found)
      if (found.steps.some(({ state }) => state === 'not yet'))
        again = setTimeout(() => look(table, key), 3_000)
    } catch (error) {
      const text =
        error instanceof NoAnswer && error.code === '404'
          ? `No change of ${table} ${key} is known.`
          : (error as Error).message
      byId('followed').replaceChildren(h('p', { class: 'empty' }, text))
    }
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const data = new FormData(form)
    void look(String(data.get('table')), String(data.get('key')).trim())
  })
}
