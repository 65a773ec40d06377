/** One line of what a replay did or would do; never a value. */
export interface ReplayLine {
  source: string
  code: string
  /** A Kafka topic, a subscription or a table's objects. */
  origin: string
  sent: number
  stays: number
}

export interface ReplayReport {
  lines: ReplayLine[]
  /** Letters, objects or records that were sent, and messages that carried them. */
  sent: number
  messages: number
  stays: number
  /** Why some stay, each reason once with how often. */
  reasons: { reason: string; count: number }[]
}

const MOST_REASONS = 50

/** Counts what a replay does. */
export class Tally {
  private readonly lines = new Map<string, ReplayLine>()
  private readonly reasons = new Map<string, number>()
  messages = 0

  add(
    of: { source: string; code: string; origin: string },
    outcome: 'sent' | 'stays',
    reason?: string,
  ): void {
    const id = `${of.source}\n${of.code}\n${of.origin}`
    const line = this.lines.get(id) ?? { ...of, sent: 0, stays: 0 }
    this.lines.set(id, line)
    line[outcome]++
    if (reason === undefined) return
    const known = this.reasons.has(reason) || this.reasons.size < MOST_REASONS
    const text = known ? reason : 'other reasons'
    this.reasons.set(text, (this.reasons.get(text) ?? 0) + 1)
  }

  report(): ReplayReport {
    const lines = [...this.lines.values()]
    return {
      lines,
      sent: lines.reduce((sum, { sent }) => sum + sent, 0),
      messages: this.messages,
      stays: lines.reduce((sum, { stays }) => sum + stays, 0),
      reasons: [...this.reasons].map(([reason, count]) => ({ reason, count })),
    }
  }
}
