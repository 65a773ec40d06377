import { api, type TablePage } from './api.ts'
import { changeAddress, chosenSearch } from './choice.ts'
import { byId, h } from './dom.ts'
import { count, money } from './format.ts'

const STATE = ['search', 'sort', 'order', 'page'] as const
const TYPING_MS = 250

/** Filters with what the table itself has in the address. */
function tableSearch(): URLSearchParams {
  const search = chosenSearch()
  const address = new URLSearchParams(location.search)
  for (const name of STATE) {
    const value = address.get(name)
    if (value) search.set(name, value)
  }
  return search
}

function cellOf(kind: string, value: string | number | boolean | null): HTMLElement {
  if (kind === 'count') return h('td', { class: 'number' }, count(Number(value)))
  if (kind === 'money') return h('td', { class: 'number' }, money(value as string | null))
  if (kind === 'date') return h('td', { class: 'day' }, value === null ? '–' : String(value))
  const text = value === null ? '–' : String(value)
  // A pseudonym is long; its beginning tells patients apart.
  return text.length > 30 && !text.includes(' ')
    ? h('td', { class: 'code', title: text }, text.slice(0, 10))
    : h('td', {}, text)
}

function heads({ columns, sort, descending }: TablePage): HTMLElement {
  const make = ({ name, title, kind }: TablePage['columns'][number]): HTMLElement => {
    const sorted = name === sort
    const button = h('button', { type: 'button', 'data-sort': name }, title)
    // Figures are looked at from the largest, texts from A.
    const next = sorted
      ? descending
        ? 'asc'
        : 'desc'
      : ['count', 'money', 'date'].includes(kind)
        ? 'desc'
        : 'asc'
    button.dataset.order = next
    return h(
      'th',
      { scope: 'col', 'aria-sort': sorted ? (descending ? 'descending' : 'ascending') : undefined },
      button,
    )
  }
  return h('thead', {}, h('tr', {}, ...columns.map(make)))
}

function pager({ found, page, pageRows }: TablePage): HTMLElement[] {
  const last = Math.max(1, Math.ceil(found / pageRows))
  const go = (to: number, text: string): HTMLElement =>
    h('button', { type: 'button', 'data-page': String(to), disabled: to < 1 || to > last }, text)
  const from = found === 0 ? 0 : (page - 1) * pageRows + 1
  return [
    go(page - 1, 'Previous'),
    h(
      'p',
      { role: 'status' },
      `${count(from)} to ${count(Math.min(page * pageRows, found))} of ${count(found)}`,
    ),
    go(page + 1, 'Next'),
  ]
}

/** The table of a page, and its first rows; calling again brings new ones. */
export function tablePage(name: string): () => Promise<void> {
  const rows = byId('rows')
  const search = byId<HTMLInputElement>('search')
  let asked = 0
  const load = async (): Promise<void> => {
    const mine = ++asked
    const wanted = tableSearch()
    byId<HTMLAnchorElement>('csv').href = api.csvPath(name, wanted)
    if (document.activeElement !== search) search.value = wanted.get('search') ?? ''
    const found = await api.table(name, wanted)
    if (mine !== asked) return
    const focused = (document.activeElement as HTMLElement | null)?.dataset.sort
    const body = found.rows.map((cells) =>
      h('tr', {}, ...cells.map((value, at) => cellOf(found.columns[at]!.kind, value))),
    )
    rows.replaceChildren(heads(found), h('tbody', {}, ...body))
    byId('pages').replaceChildren(...pager(found))
    if (focused) rows.querySelector<HTMLElement>(`[data-sort="${focused}"]`)?.focus()
  }
  const change = (values: Record<string, string>, replace = false): void => {
    changeAddress(values, replace)
    load().catch(() => undefined)
  }
  rows.addEventListener('click', ({ target }) => {
    const { sort, order } = (target as HTMLElement).dataset
    if (sort) change({ sort, order: order ?? '', page: '' })
  })
  byId('pages').addEventListener('click', ({ target }) => {
    const { page } = (target as HTMLElement).dataset
    if (page) change({ page })
  })
  let typing: ReturnType<typeof setTimeout> | undefined
  search.addEventListener('input', () => {
    clearTimeout(typing)
    typing = setTimeout(() => change({ search: search.value, page: '' }, true), TYPING_MS)
  })
  return load
}
