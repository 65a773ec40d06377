import { createHash } from 'node:crypto'
import type { Batch } from '../relay/batch.ts'
import { ContiguousBatches, type Cut } from './batches.ts'
import type { Carries } from './letters.ts'
import {
  type Content,
  contentOf,
  inOrder,
  type Letter,
  type LetterName,
  letterPrefix,
  readLetter,
  readLetterName,
  replayedName,
} from './letters.ts'
import { type ReplayReport, Tally } from './report.ts'
import type { ReplayStore, StoredObject } from './store.ts'

export interface Message {
  data: Buffer
  attributes: Record<string, string>
}

export interface ReplayDeps {
  store: ReplayStore
  /** Resolves once Pub/Sub has taken the batch. */
  publishBatch(carries: Carries, batch: Batch): Promise<void>
  publish(topic: string, message: Message): Promise<void>
  /** The topic that a function or a subscription reads; undefined when none is known. */
  topicOf(source: string): string | undefined
  /** Why a message would be refused again; undefined when it is as it should be. */
  stillWrong(topic: string, message: Message): Promise<{ code: string; reason: string } | undefined>
  /** Looks at an object again that a load left out, and has it loaded; or says why it still can't be. */
  reload(
    object: string,
    generation: string | undefined,
  ): Promise<{ code: string; reason: string } | undefined>
  dryRun: boolean
}

export interface LetterFilter {
  code?: string | undefined
  source?: string | undefined
}

interface Read {
  object: StoredObject
  body: Buffer
  letter: Letter
  content: Content
}

const READ_AT_ONCE = 16

/**
 * Sends again what lies in dead letters and can be read now, and moves those letters aside; what can't be stays, with
 * its reason in the report. Memory is bounded by names, and by the letters of one batch.
 */
export async function replayDeadLetters(deps: ReplayDeps, filter: LetterFilter): Promise<ReplayReport> {
  return new LetterReplay(deps, filter).run()
}

class LetterReplay {
  private readonly tally = new Tally()
  private readonly batches = new ContiguousBatches<Read>()
  private readonly sent = new Set<string>()
  private readonly deps: ReplayDeps
  private readonly filter: LetterFilter

  constructor(deps: ReplayDeps, filter: LetterFilter) {
    this.deps = deps
    this.filter = filter
  }

  async run(): Promise<ReplayReport> {
    const found: { name: LetterName; object: StoredObject }[] = []
    for await (const page of this.deps.store.list(letterPrefix(this.filter.source))) {
      for (const object of page) {
        const name = readLetterName(object.name)
        if (name) found.push({ name, object })
        else
          this.stays(
            { source: 'unknown', code: '-', origin: '-' },
            'a name that is not that of a dead letter',
          )
      }
    }
    found.sort((a, b) => inOrder(a.name, b.name))
    for (let at = 0; at < found.length; at += READ_AT_ONCE) {
      const some = found.slice(at, at + READ_AT_ONCE)
      const bodies = await Promise.all(some.map(({ object }) => this.deps.store.read(object)))
      for (const [index, body] of bodies.entries()) {
        if (body !== undefined) await this.take(some[index]!.object, some[index]!.name, body)
      }
    }
    const last = this.batches.take()
    if (last) await this.send(last)
    return this.tally.report()
  }

  private stays(of: { source: string; code: string; origin: string }, reason: string): void {
    this.tally.add(of, 'stays', reason)
  }

  private async take(object: StoredObject, name: LetterName, body: Buffer): Promise<void> {
    const letter = readLetter(body)
    if (letter === undefined) {
      if (this.filter.code === undefined)
        this.stays({ source: name.source, code: '-', origin: '-' }, 'the object is not a dead letter')
      return
    }
    if (this.filter.code !== undefined && letter.code !== this.filter.code) return
    const read: Read = { object, body, letter, content: contentOf(letter) }
    const { content } = read
    if (content.kind === 'line') {
      const cut = this.batches.add(content.carries, content.line, read)
      if (cut) await this.send(cut)
    } else if (content.kind === 'message') await this.message(read, content)
    else if (content.kind === 'object') await this.object(read, content)
    else if (content.kind === 'nothing') await this.done(read)
    else this.stays(of(letter), `${content.code}: ${content.reason}`)
  }

  private async send({ carries, batch, items }: Cut<Read>): Promise<void> {
    if (!this.deps.dryRun) await this.deps.publishBatch(carries, batch)
    this.tally.messages++
    for (let at = 0; at < items.length; at += READ_AT_ONCE) {
      await Promise.all(items.slice(at, at + READ_AT_ONCE).map((item) => this.done(item)))
    }
  }

  private async message(read: Read, { data, attributes }: Message): Promise<void> {
    const { letter } = read
    const message = { data, attributes }
    const topic =
      this.deps.topicOf(letter.source) ??
      this.deps.topicOf(letter.origin.subscription?.split('/').at(-1) ?? '')
    if (topic === undefined) {
      this.stays(of(letter), 'where it came from is not known')
      return
    }
    const wrong = await this.deps.stillWrong(topic, message)
    if (wrong) {
      this.stays(of(letter), `${wrong.code}: ${wrong.reason}`)
      return
    }
    // Each subscription that refused a message has a letter of it: one message serves all.
    const id = createHash('sha256')
      .update(JSON.stringify([topic, Object.entries(message.attributes).sort()]))
      .update(message.data)
      .digest('base64')
    if (!this.sent.has(id)) {
      if (!this.deps.dryRun) await this.deps.publish(topic, message)
      this.sent.add(id)
      this.tally.messages++
    }
    await this.done(read)
  }

  private async object(
    read: Read,
    { object, generation }: { object: string; generation: string | undefined },
  ): Promise<void> {
    const wrong = await this.deps.reload(object, generation)
    if (wrong) this.stays(of(read.letter), `${wrong.code}: ${wrong.reason}`)
    else await this.done(read)
  }

  private async done({ object, body, letter }: Read): Promise<void> {
    if (!this.deps.dryRun) await this.deps.store.move(object, body, replayedName(object.name))
    this.tally.add(of(letter), 'sent')
  }
}

function of({ source, code, origin }: Letter): { source: string; code: string; origin: string } {
  const table = origin.object?.split('/').slice(0, 2).join('/')
  return { source, code, origin: origin.topic ?? table ?? origin.subscription?.split('/').at(-1) ?? '-' }
}
