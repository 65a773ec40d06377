/** `unknown`: this environment has not told yet; it is no reason to trust less, nor more. */
export type State = 'good' | 'late' | 'bad' | 'unknown'

/** One line of the trust panel. */
export interface Check {
  id: string
  title: string
  state: State
  /** For people, without row values. */
  value: string
  /** What to do; given when the state is late or bad. */
  todo?: string
}

/** One hop of the pipeline page, in the order of the data. */
export interface Hop {
  id: string
  title: string
  /** What works here. */
  by: string
  state: State
  /** What it has carried so far, with its unit. */
  total: number | null
  unit: string
  perMinute: number | null
  /** What waits before it, for people. */
  waiting: string
  /** Fed by Pub/Sub side by side with the others of its kind. */
  branch?: true
}

export interface Health {
  at: string
  state: State
  checks: Check[]
  hops: Hop[]
}

const ORDER: readonly State[] = ['good', 'unknown', 'late', 'bad']

/** The worst of several states. */
export function worst(states: readonly State[]): State {
  return states.reduce<State>(
    (one, other) => (ORDER.indexOf(other) > ORDER.indexOf(one) ? other : one),
    'good',
  )
}
