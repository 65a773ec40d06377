import type { Choices } from '../reports/report.ts'
import { byId, h } from './dom.ts'

const FILTERS = ['from', 'to', 'department', 'doctor'] as const

/** The filters as the address of the page has them. */
export function chosenSearch(): URLSearchParams {
  const address = new URLSearchParams(location.search)
  const search = new URLSearchParams()
  for (const name of FILTERS) {
    const value = address.get(name)
    if (value) search.set(name, value)
  }
  return search
}

/** Puts values into the address; empty ones are taken out. */
export function changeAddress(values: Record<string, string>, replace = false): void {
  const address = new URLSearchParams(location.search)
  for (const [name, value] of Object.entries(values)) {
    if (value === '') address.delete(name)
    else address.set(name, value)
  }
  const url = `${location.pathname}${address.size > 0 ? `?${address}` : ''}`
  if (replace) history.replaceState(null, '', url)
  else history.pushState(null, '', url)
  followLinks()
}

/** Links to the other pages keep the filters. */
export function followLinks(): void {
  const search = chosenSearch()
  for (const link of document.querySelectorAll<HTMLAnchorElement>('a[data-nav]')) {
    link.search = search.size > 0 ? `?${search}` : ''
  }
}

const form = (): HTMLFormElement | null => document.querySelector<HTMLFormElement>('#filters')
const field = (name: string): HTMLInputElement | HTMLSelectElement =>
  form()!.elements.namedItem(name) as HTMLInputElement

/** Brings the form to what the address says. */
export function fillForm(): void {
  if (!form()) return
  const search = chosenSearch()
  for (const name of FILTERS) field(name).value = search.get(name) ?? ''
}

function options(select: HTMLElement, all: string, items: readonly { value: string; label: string }[]): void {
  select.replaceChildren(
    h('option', { value: '' }, all),
    ...items.map(({ value, label }) => h('option', { value }, label)),
  )
}

/** What there is to choose from; doctors are those of the chosen department. */
export function fillChoices({ departments, doctors, firstDay, lastDay }: Choices): void {
  if (!form()) return
  const search = chosenSearch()
  const department = search.get('department')
  options(
    field('department'),
    'All departments',
    departments.map((name) => ({ value: name, label: name })),
  )
  options(
    field('doctor'),
    'All doctors',
    doctors
      .filter((each) => department === null || each.department === department)
      .map(({ id, name }) => ({ value: id, label: name })),
  )
  for (const name of ['from', 'to']) {
    const input = field(name)
    if (firstDay) input.setAttribute('min', firstDay)
    if (lastDay) input.setAttribute('max', lastDay)
  }
  fillForm()
}

/** Calls back after each choice; the address has it by then. */
export function watchForm(choices: () => Choices | undefined, changed: () => void): void {
  const element = form()
  if (!element) return
  const take = (values: Record<string, string>): void => {
    changeAddress({ ...values, page: '' })
    const known = choices()
    if (known) fillChoices(known)
    changed()
  }
  element.addEventListener('change', (event) => {
    const { name, value } = event.target as HTMLInputElement
    const doctor = chosenSearch().get('doctor')
    const keeps = choices()?.doctors.some(({ id, department }) => id === doctor && department === value)
    const [from, to] = [field('from').value, field('to').value]
    // The other end follows, so that there is always a day to show.
    const other = from !== '' && to !== '' && from > to ? { from: value, to: value } : {}
    take({
      [name]: value,
      ...other,
      ...(name === 'department' && value !== '' && !keeps ? { doctor: '' } : {}),
    })
  })
  element.addEventListener('reset', (event) => {
    event.preventDefault()
    take({ from: '', to: '', department: '', doctor: '' })
  })
  element.addEventListener('submit', (event) => event.preventDefault())
  for (const button of element.querySelectorAll<HTMLButtonElement>('button[data-days]')) {
    button.addEventListener('click', () => {
      const days = Number(button.dataset.days)
      const last = choices()?.lastDay
      if (!days || !last) return take({ from: '', to: '' })
      const first = new Date(Date.parse(`${last}T00:00:00Z`) - (days - 1) * 86_400_000)
      take({ from: first.toISOString().slice(0, 10), to: last })
    })
  }
}

/** Says something to the viewer above the numbers; an empty text takes it away. */
export function notice(text: string, kind: 'info' | 'bad' = 'info'): void {
  const element = byId('notice')
  if (element.textContent !== text) element.textContent = text
  element.dataset.kind = kind
  element.hidden = text === ''
}
