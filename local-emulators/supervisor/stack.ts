import { mkdir, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { dirname, join } from 'node:path'
import { CDC_ROLE, checkServer, migrate, setRolePasswords } from '@pipeline/cdc/database.ts'
import { createKafka } from '@pipeline/cdc/relay/kafka.ts'
import { createTopics } from '@pipeline/cdc/topics.ts'
import { writePageApart } from '@pipeline/dashboard/build.ts'
import { manifest } from '@pipeline/functions/manifest.ts'
import { pino } from 'pino'
import { answerRecorder } from '../health/answers.ts'
import type { StatePaths } from '../paths.ts'
import { rememberPorts } from '../ports.ts'
import { loadSecrets } from '../secrets.ts'
import { clickhouseService } from '../services/clickhouse.ts'
import { connectService } from '../services/connect.ts'
import { functionService } from '../services/functions.ts'
import { gcsService } from '../services/gcs.ts'
import { guardService } from '../services/guard.ts'
import { kafkaService } from '../services/kafka.ts'
import { adminUrl, ensureDatabase, postgresService } from '../services/postgres.ts'
import { pubsubService } from '../services/pubsub.ts'
import { relayService } from '../services/relay.ts'
import type { Settings } from '../settings.ts'
import { type StackFile, writeStackFile } from '../stack-file.ts'
import { asRole, BUCKET, describeStack, EVENTS_GROUP, PROJECT_ID, RELAY_GROUP } from './describe.ts'
import { functionEnvironment, guardEnvironment, relayEnvironment } from './environment.ts'
import { endLeftovers, recordProcesses } from './leftovers.ts'
import { ManagedProcess, type ProcessState, type ServiceSpec } from './managed-process.ts'
import { rewindEvents, rewindToStores } from './resend.ts'
import { Scheduler } from './scheduler.ts'
import { serveStackControl } from './stack-control.ts'
import { createSubscriptions, type PushOverrides } from './subscriptions.ts'

const FIXED = [
  'POSTGRES',
  'KAFKA',
  'CONTROLLER',
  'CONNECT',
  'PUBSUB',
  'PUBSUB_HTTP',
  'GCS',
  'CLICKHOUSE',
  'METRICS',
  'GUARD',
  'CONTROL',
] as const

export type Step = <T>(title: string, work: () => Promise<T>) => Promise<T>

/** What a stack has otherwise than usual. */
export interface StackVariant {
  /** The stack as functions and relay are told of it: other addresses put something in between. */
  seenByParts?: (stack: StackFile) => Promise<StackFile>
  /** More environment for the relay. */
  relayEnv?: Record<string, string>
  push?: PushOverrides
}

/** The whole pipeline as processes on this machine. */
export class Stack {
  readonly paths: StatePaths
  private readonly settings: Settings
  private readonly variant: StackVariant
  private readonly running: ManagedProcess[] = []
  private file: StackFile | undefined
  private scheduler: Scheduler | undefined
  private control: Server | undefined
  private recording: Promise<void> = Promise.resolve()

  constructor(paths: StatePaths, settings: Settings, variant: StackVariant = {}) {
    this.paths = paths
    this.settings = settings
    this.variant = variant
  }

  get info(): StackFile {
    if (!this.file) throw new Error('the stack has not been started')
    return this.file
  }

  processes(): ProcessState[] {
    return this.running.map((process) => process.status())
  }

  /** Starts all parts in their order and waits for each; `step` shows how far it is. */
  async start(step: Step): Promise<StackFile> {
    const { paths, settings } = this
    await mkdir(paths.logs, { recursive: true, mode: 0o700 })
    await mkdir(dirname(paths.warehouse), { recursive: true })
    await endLeftovers(paths)
    const secrets = await loadSecrets(paths)
    const ports = await this.ports()
    const postgres = { dir: paths.postgres, port: ports.POSTGRES!, password: secrets.postgres }
    const postgresUrl = settings.HOSPITAL_DATABASE_URL ?? adminUrl(postgres)
    const stack = describeStack(paths, ports, postgresUrl, secrets)
    this.file = stack
    await writeStackFile(paths, stack)

    await Promise.all([
      writePageApart(paths.pageAssets),
      step('PostgreSQL', async () => {
        if (!settings.HOSPITAL_DATABASE_URL) {
          await this.run(await postgresService(postgres))
          await ensureDatabase(postgres)
        }
        await checkServer(postgresUrl)
        await migrate(postgresUrl)
        await setRolePasswords(postgresUrl, secrets)
      }),
      step('Kafka', async () => {
        await this.run(
          await kafkaService({ dir: paths.kafka, port: ports.KAFKA!, controllerPort: ports.CONTROLLER! }),
        )
        await createTopics(
          createKafka({ brokers: [stack.kafkaBrokers] }, 'set-up', pino({ level: 'silent' })),
        )
      }),
      step('Cloud Storage (fake-gcs-server)', async () => {
        await this.run(
          await gcsService({ dir: paths.gcs, port: ports.GCS!, bucket: BUCKET, projectId: PROJECT_ID }),
        )
      }),
      step('ClickHouse (chdb)', () =>
        this.run(clickhouseService({ dir: paths.clickhouse, port: ports.CLICKHOUSE! })),
      ),
      step('Pub/Sub emulator', () =>
        this.run(
          pubsubService({
            port: ports.PUBSUB!,
            httpPort: ports.PUBSUB_HTTP!,
            afterStart: () => this.afterPubSub(),
          }),
        ),
      ),
    ])
    const seen = (await this.variant.seenByParts?.(stack)) ?? stack
    await Promise.all([
      step('Kafka Connect with Debezium', async () => {
        await this.run(
          await connectService({
            port: ports.CONNECT!,
            brokers: stack.kafkaBrokers,
            databaseUrl: postgresUrl,
            cdcPassword: secrets.cdc,
          }),
        )
      }),
      ...manifest.map((entry) =>
        step(`Function ${entry.name}`, () =>
          this.run(functionService(entry, ports[entry.name]!, functionEnvironment(entry, seen))),
        ),
      ),
      step('Relay', () =>
        this.run(relayService({ ...relayEnvironment(seen), ...this.variant.relayEnv }, ports.METRICS!)),
      ),
      step('Capture guard', () =>
        this.run(
          guardService(guardEnvironment(stack, asRole(postgresUrl, CDC_ROLE, secrets.cdc)), ports.GUARD!),
        ),
      ),
    ])
    this.control = await serveStackControl({
      port: ports.CONTROL!,
      stack,
      runsFile: paths.runsFile,
      state: () => ({ processes: this.processes(), schedules: this.scheduler?.state() ?? [] }),
      parts: () => this.processes().map(({ name, state, endedAt }) => ({ name, state, endedAt })),
    })
    stack.state = 'ready'
    await writeStackFile(paths, stack)
    return stack
  }

  /** Runs the manifest's schedules from now on. */
  startTimers(): void {
    this.scheduler = new Scheduler(manifest, this.info.functions, answerRecorder(this.info))
  }

  /** Stops one part until `resume`. */
  async pause(name: string): Promise<void> {
    await this.part(name).stop()
  }

  async resume(name: string): Promise<void> {
    await this.part(name).start()
  }

  private part(name: string): ManagedProcess {
    const part = this.running.find(({ spec }) => spec.name === name)
    if (!part) throw new Error(`the stack has no part ${name}`)
    return part
  }

  /** Stops all parts, those that feed first, and waits until each is gone. */
  async stop(step: Step): Promise<void> {
    this.scheduler?.stop()
    this.control?.close()
    this.control?.closeAllConnections()
    const byName = new Map(this.running.map((process) => [process.spec.name, process]))
    const stopAll = async (names: readonly string[]): Promise<void> => {
      await Promise.all(
        names.flatMap((name) => {
          const process = byName.get(name)
          return process ? [step(`Stop ${name}`, () => process.stop())] : []
        }),
      )
    }
    await stopAll(['guard', 'connect', 'relay'])
    await stopAll(manifest.map(({ name }) => name))
    await stopAll(['pubsub', 'gcs', 'clickhouse', 'kafka', 'postgres'])
    this.running.length = 0
    await this.recording
    await rm(this.paths.processesFile, { force: true })
    await rm(this.paths.stackFile, { force: true })
  }

  private async ports(): Promise<Record<string, number>> {
    const asked = this.settings as Record<string, unknown>
    const names = [...FIXED, ...manifest.map(({ name }) => name)]
    const wishes = Object.fromEntries(
      FIXED.map((name) => [name, asked[`${name}_PORT`] as number | undefined]),
    )
    return rememberPorts(this.paths.portsFile, names, wishes)
  }

  /** An emulator that comes back has lost its topics, and what it held has to be sent again from Kafka. */
  private async afterPubSub(): Promise<void> {
    const { pubsubHost, functions } = this.info
    await createSubscriptions(pubsubHost, PROJECT_ID, functions, this.variant.push)
    if (this.info.state !== 'ready') return
    await this.pause('relay')
    const signal = AbortSignal.timeout(60_000)
    await rewindToStores(this.info, RELAY_GROUP, signal)
    await rewindEvents(this.info.kafkaBrokers, EVENTS_GROUP, signal)
    await this.resume('relay')
  }

  private async run(spec: ServiceSpec): Promise<void> {
    const process = new ManagedProcess(spec, join(this.paths.logs, `${spec.name}.log`), () => this.record())
    this.running.push(process)
    await process.start()
  }

  private record(): void {
    this.recording = this.recording.then(() => recordProcesses(this.paths, this.processes())).catch(() => {})
  }
}
