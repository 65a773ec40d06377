// For `node --import`: the process sees the wall clock shifted by the milliseconds in the file CHAOS_CLOCK_FILE, which
// may change at any time. Timers and performance.now() go on as they are, as they do when a machine's clock is set.
import { readFileSync } from 'node:fs'

const LOOK_EVERY_MS = 50
const RealDate = Date
const file = process.env.CHAOS_CLOCK_FILE
if (file === undefined) throw new Error('CHAOS_CLOCK_FILE is not set')
let shiftMs = 0

function look(): void {
  shiftMs = Number(readFileSync(file!, 'utf8'))
}

const now = (): number => RealDate.now() + shiftMs

globalThis.Date = new Proxy(RealDate, {
  apply: () => new RealDate(now()).toString(),
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length > 0 ? args : [now()], newTarget),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
})
look()
setInterval(look, LOOK_EVERY_MS).unref()
