import type { Check, Health, State } from '../health/health.ts'
import { byId, h, show } from './dom.ts'

const VERDICTS: Record<State, string> = {
  good: 'These numbers can be trusted',
  unknown: 'Nothing is wrong; some checks have not run yet',
  late: 'Look twice: something is late',
  bad: 'Do not rely on these numbers yet: something needs a person',
}
/** What an engineer asks first; the rest shows when it is not well. */
const FIRST = ['data', 'rate', 'dead-letters', 'reconcile', 'dbt']

/** A state as a shape and a colour, and as a word for those who see neither. */
export function stateSign(state: State): HTMLElement {
  return h(
    'span',
    {},
    h('span', { class: 'sign', 'data-state': state }),
    h('span', { class: 'hidden' }, state),
  )
}

function fact({ id, title, state, value }: Check): HTMLElement {
  return h(
    'li',
    { id: `check-${id}`, 'data-state': state },
    h('span', { class: 'title' }, title),
    h('span', { class: 'value' }, stateSign(state), ' ', value),
  )
}

/** The hop that is furthest behind stands for all that are well. */
function hops(checks: readonly Check[]): Check[] {
  const rest = checks.filter(({ id }) => !FIRST.includes(id))
  const wrong = rest.filter(({ state }) => state === 'bad' || state === 'late')
  if (wrong.length > 0) return wrong
  return [{ id: 'hops', title: 'Hops', state: 'good', value: `all ${rest.length} in time` }]
}

/** The panel on every page. */
export function showTrust({ state, checks }: Health): void {
  byId('trust').dataset.state = state
  const verdict = byId('verdict')
  if (verdict.textContent !== VERDICTS[state]) verdict.textContent = VERDICTS[state]
  const first = FIRST.flatMap((id) => checks.filter((each) => each.id === id))
  show(byId('facts'), ...[...first, ...hops(checks)].map(fact))
  const todos = checks.flatMap(({ title, todo }) =>
    todo ? [h('li', {}, h('strong', {}, `${title}: `), todo)] : [],
  )
  show(byId('todos'), ...todos)
}

/** When the server of the page itself is gone. */
export function showNoServer(since: string): void {
  showTrust({
    at: since,
    state: 'bad',
    hops: [],
    checks: [
      {
        id: 'parts',
        title: 'This page',
        state: 'bad',
        value: 'its server does not answer',
        todo: `What is shown is of ${since.slice(11, 19)} UTC. Start the stack with npm run up, or look at the function dashboard`,
      },
    ],
  })
}
