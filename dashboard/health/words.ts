const UNITS: [seconds: number, one: string, many: string][] = [
  [86_400, 'day', 'days'],
  [3_600, 'hour', 'hours'],
  [60, 'minute', 'minutes'],
  [1, 'second', 'seconds'],
]

/** A span of time for people: `3 minutes`, `1 hour`. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const [size, one, many] = UNITS.find(([each]) => whole >= each) ?? UNITS.at(-1)!
  const count = Math.floor(whole / size)
  return `${count} ${count === 1 ? one : many}`
}

/** A count with its noun: `1 record`, `12,345 records`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${whole(count)} ${Math.round(count) === 1 ? one : many}`
}

/** A whole number with separators. */
export const whole = (count: number): string => Math.round(count).toLocaleString('en-US')

/** Bytes in the unit that fits. */
export function bytes(count: number): string {
  const names = ['bytes', 'KB', 'MB', 'GB', 'TB']
  let [size, at] = [count, 0]
  while (size >= 1024 && at < names.length - 1) {
    size /= 1024
    at += 1
  }
  return `${at === 0 ? size : size.toFixed(size < 10 ? 1 : 0)} ${names[at]}`
}
