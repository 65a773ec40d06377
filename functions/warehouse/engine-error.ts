/** The engine's own kind of error (`IO Error`), the only part of its text that is safe to show. */
export function kindOf(error: unknown): string {
  const text = error instanceof Error ? error.message : ''
  return /^([A-Z][A-Za-z ]{2,30} Error)\b/.exec(text)?.[1] ?? 'unknown error'
}
