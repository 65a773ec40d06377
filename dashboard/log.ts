/** What the page writes errors to, as `safeError(...)` only. */
export interface ErrorLog {
  error(context: object, message: string): void
}
