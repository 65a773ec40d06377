/** Keeps the newest answers, so that viewers of the same choice share one. Failures are not kept. */
export class AnswerCache<T> {
  private readonly answers = new Map<string, Promise<T>>()
  private readonly most: number

  constructor(most: number) {
    this.most = most
  }

  /** The answer of a key, made once. */
  get(key: string, make: () => Promise<T>): Promise<T> {
    const known = this.answers.get(key)
    if (known) {
      // The one that was used last goes last.
      this.answers.delete(key)
      this.answers.set(key, known)
      return known
    }
    const made = make()
    this.answers.set(key, made)
    made.catch(() => {
      if (this.answers.get(key) === made) this.answers.delete(key)
    })
    if (this.answers.size > this.most) this.answers.delete(this.answers.keys().next().value!)
    return made
  }
}
