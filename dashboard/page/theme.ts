/** Colours of the page as the style sheet has them now, light or dark. */
export interface Theme {
  text: string
  muted: string
  line: string
  card: string
  colors: string[]
  /** A canvas knows no `inherit`. */
  font: string
  animate: boolean
}

export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement)
  const color = (name: string): string => style.getPropertyValue(name).trim()
  return {
    text: color('--text'),
    muted: color('--muted'),
    line: color('--line'),
    card: color('--card'),
    colors: [1, 2, 3, 4, 5, 6, 7, 8].map((index) => color(`--series-${index}`)),
    font: style.fontFamily,
    animate: !matchMedia('(prefers-reduced-motion: reduce)').matches,
  }
}

/** Calls back when the viewer's system goes from light to dark or back. */
export function onTheme(changed: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed)
}
