import { Deque } from './deque.ts'
import type { Consumer, Entry } from './entry.ts'

/** The messages of one ordering key. */
export interface KeyLine {
  readonly key: string
  /** Not delivered yet, in order. */
  readonly waiting: Deque<Entry>
  /** Delivered, in order; an acknowledged one stays while an earlier one is not. */
  readonly delivered: Deque<Entry>
  /** Who has messages of this key; nobody else gets any until they are settled. */
  owner: Consumer | null
  leased: number
  /** In whose line it stands; in any other it is stale. */
  place: Consumer | 'open' | null
  /** When its back-off ends. */
  resumeAt: number
}

/** All ordering keys of a subscription: who may take the next message of each. */
export class KeyLines {
  readonly #lines = new Map<string, KeyLine>()
  readonly #open = new Deque<KeyLine>()

  get size(): number {
    return this.#lines.size
  }

  add(entry: Entry): void {
    const key = entry.message.orderingKey
    let line = this.#lines.get(key)
    if (!line) {
      line = {
        key,
        waiting: new Deque(),
        delivered: new Deque(),
        owner: null,
        leased: 0,
        place: null,
        resumeAt: 0,
      }
      this.#lines.set(key, line)
    }
    entry.line = line
    line.waiting.push(entry)
    this.offer(line)
  }

  /** Puts the key where whoever may take its next message will find it. */
  offer(line: KeyLine): void {
    if (line.resumeAt > 0) return
    if (line.waiting.length === 0) {
      if (line.delivered.length === 0) this.#lines.delete(line.key)
      return
    }
    const { owner } = line
    if (line.leased === 0) {
      line.owner = null
      this.#stand(line, 'open')
    } else if (owner && !owner.closed && line.leased < owner.perKey) this.#stand(line, owner)
  }

  /** Takes out the next message that this consumer may have. */
  next(consumer: Consumer): Entry | undefined {
    for (;;) {
      const line = fromFront(consumer.lines, consumer) ?? fromFront(this.#open, 'open')
      if (!line) return undefined
      line.place = null
      const entry = this.#head(line)
      if (!entry || line.resumeAt > 0) {
        this.offer(line)
        continue
      }
      line.waiting.shift()
      line.delivered.push(entry)
      line.owner = consumer
      line.leased++
      this.offer(line)
      return entry
    }
  }

  /** Drops the settled messages at the front of the delivered ones and tells `release` of each. */
  settle(line: KeyLine, release: (entry: Entry) => void): void {
    for (let head = line.delivered.peek(); head; head = line.delivered.peek()) {
      if (head.state === 'acked') release(head)
      else if (head.state !== 'gone') break
      line.delivered.shift()
    }
    this.offer(line)
  }

  /** Takes a message and all later ones of its key back, in order; `revive` readies each or says it is gone. */
  takeBack(line: KeyLine, from: Entry, revive: (entry: Entry) => boolean): void {
    for (let entry = line.delivered.pop(); entry; entry = line.delivered.pop()) {
      if (revive(entry)) line.waiting.unshift(entry)
      if (entry === from) return
    }
  }

  /** Lets the keys of a consumer that has left go on with others once its messages are settled. */
  leave(consumer: Consumer): void {
    consumer.closed = true
    for (let line = consumer.lines.shift(); line; line = consumer.lines.shift()) {
      if (line.place !== consumer) continue
      line.place = null
      this.offer(line)
    }
  }

  clear(): void {
    this.#lines.clear()
    this.#open.clear()
  }

  #stand(line: KeyLine, place: Consumer | 'open'): void {
    if (line.place === place) return
    line.place = place
    if (place === 'open') this.#open.push(line)
    else place.lines.push(line)
  }

  #head(line: KeyLine): Entry | undefined {
    for (let head = line.waiting.peek(); head; head = line.waiting.peek()) {
      if (head.state === 'ready') return head
      line.waiting.shift()
    }
    return undefined
  }
}

function fromFront(lines: Deque<KeyLine>, place: Consumer | 'open'): KeyLine | undefined {
  for (let line = lines.shift(); line; line = lines.shift()) if (line.place === place) return line
  return undefined
}
