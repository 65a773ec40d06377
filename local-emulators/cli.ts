import { PipelineError } from '@pipeline/hospital/errors.ts'
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { withReplayOptions } from './replay/ask.ts'

// There is no cloud here: its clients must not look for one.
process.env.METADATA_SERVER_DETECTION ??= 'none'

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('must be a number above 0')
  return value
}

function whole(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('must be a whole number from 0')
  return value
}

const program = new Command('hospital-pipeline')
  .description("A hospital's PostgreSQL as live analytics; each command is also an npm script")
  .showHelpAfterError()

program
  .command('demo')
  .description('set up, run a day of hospital work from PostgreSQL to reports, prove the result, stop')
  .option('--changes <n>', 'how many changes to make', whole, 20_000)
  .option('--seed <n>', 'seed of the simulated hospital', whole, 1)
  .action(async (options) => (await import('./commands/demo.ts')).demo(options))

program
  .command('up')
  .description('start the whole stack and keep it running, with the timers of the manifest')
  .option('--detach', 'leave it running in the background')
  .option('--no-timers', 'do not run the schedules of the manifest')
  .action(async (options) => (await import('./commands/up.ts')).up(options))

program
  .command('down')
  .description('stop the running stack; its data stays in .local/')
  .option('--delete-data', 'delete .local/ as well')
  .action(async (options) => (await import('./commands/down.ts')).down(options))

program
  .command('status')
  .description('what runs, how far behind it is, and what went wrong')
  .option('--json', 'as one JSON object')
  .action(async (options) => (await import('./commands/status.ts')).status(options))

program
  .command('produce')
  .description('simulate hospital work in the PostgreSQL of the running stack')
  .option('--rate <n>', 'changes a second', positive, 100)
  .option('--seconds <n>', 'for how long', positive)
  .option('--changes <n>', 'stop after about so many changes', whole)
  .option('--seed <n>', 'seed of the simulated hospital', whole, 1)
  .addOption(
    new Option('--via <way>', 'how visits, prescriptions and bills travel to PostgreSQL')
      .choices(['sql', 'events'])
      .default('sql'),
  )
  .action(async (options) => (await import('./commands/produce.ts')).produceCommand(options))

program
  .command('load')
  .description('load what is new in the lake into the warehouse and refresh the staged rows')
  .option('--no-staging', 'load the raw log only')
  .option('--wait <seconds>', 'how long to wait for the lake to have all that is committed', whole, 30)
  .action(async (options) => (await import('./commands/load.ts')).loadCommand(options))

program
  .command('dbt')
  .description('run dbt on the warehouse; without arguments `dbt build`')
  .argument('[args...]', 'arguments for dbt, after --')
  .allowUnknownOption()
  .action(async (args) => (await import('./commands/dbt.ts')).dbtCommand(args))

program
  .command('dbt:check')
  .description('analyse the dbt project and the BigQuery adapter in GoogleSQL, and run the unit tests there')
  .action(async () => (await import('./commands/dbt-check.ts')).dbtCheck())

program
  .command('dbt:docs')
  .description("serve dbt's docs")
  .option('--port <n>', 'where to listen; a free port unless given', whole, 0)
  .option('--out <file>', 'write the page there instead')
  .action(async (options) => (await import('./commands/dbt-docs.ts')).dbtDocs(options))

program
  .command('export')
  .description('export all tables as they are now to Parquet in the lake, once a day')
  .option('--again', "replace today's export")
  .action(async (options) => (await import('./commands/export.ts')).exportCommand(options))

program
  .command('reconcile')
  .description('compare PostgreSQL with every store; exit code 1 on different')
  .option('--json', 'as one JSON object')
  .option('--wait <seconds>', 'how long changes on their way to the lake may take', whole, 20)
  .action(async (options) => (await import('./commands/reconcile.ts')).reconcileCommand(options))

program
  .command('synth')
  .description('write the stacks for Google Cloud as JSON for terraform; touches nothing')
  .option('--environment <file>', 'settings of the environment', 'cdktf/environments/example.json')
  .action(async ({ environment: file }) => {
    await (await import('@pipeline/cdktf/deploy.ts')).synthCommand(file)
  })

program
  .command('deploy')
  .description('bring Google Cloud to what the settings of an environment say')
  .requiredOption('--environment <file>', 'settings of the environment')
  .option('--yes', 'do not ask before changes are made')
  .action(async (options) =>
    (await import('@pipeline/cdktf/deploy.ts')).deployCommand(options.environment, options),
  )

program
  .command('destroy')
  .description('take an environment down; its data stays')
  .requiredOption('--environment <file>', 'settings of the environment')
  .option('--yes', 'do not ask before changes are made')
  .option('--delete-data', 'delete lake, warehouse, PostgreSQL and disks as well')
  .action(async (options) =>
    (await import('@pipeline/cdktf/deploy.ts')).destroyCommand(options.environment, options),
  )

withReplayOptions(program.command('replay')).action(async (options) =>
  (await import('./commands/replay.ts')).replayCommand(options),
)

program
  .command('dataflow')
  .description('launch, update, list, drain and cancel jobs of Dataflow, or run a pipeline on this stack')
  .addArgument(
    new Argument('<action>').choices(['templates', 'launch', 'update', 'list', 'drain', 'cancel', 'run']),
  )
  .argument('[what]', 'a template to launch, update or run; the name of a job to drain or cancel')
  .option(
    '--set <name=value>',
    'a parameter of the template',
    (pair, pairs: string[]) => [...pairs, pair],
    [],
  )
  .option('--name <name>', "the job's name, where it is not the template's")
  .option('--environment <file>', 'settings of the environment, as for deploy')
  .addOption(
    new Option('--via <way>', 'how to speak with Dataflow').choices(['grpc', 'rest']).default('grpc'),
  )
  .action(async (action, what, options) =>
    (await import('./commands/dataflow.ts')).dataflowCommand(action, what, options),
  )

program
  .command('doctor')
  .description('look whether this machine has what the stack needs')
  .action(async () => (await import('./commands/doctor.ts')).doctor())

program
  .command('test')
  .description('set up and run all tests')
  .argument('[files...]', 'only these test files')
  .action(async (files) => (await import('./commands/test.ts')).test(files))

program
  .command('chaos')
  .description(
    'kill, cut and delay parts of a stack of its own at random moments under load, and compare every store',
  )
  .option('--seeds <n>', 'how many seeds', whole, 5)
  .option('--first-seed <n>', 'the first of them', whole, 1)
  .option('--seconds <n>', 'how long changes flow, for each seed', positive, 12)
  .action(async (options) => (await import('./commands/chaos.ts')).chaos(options))

program
  .command('bench')
  .description('measure the pipeline; needs nothing else running')
  .option('--json', 'as one JSON object')
  .option('--rows <n>', 'rows of the large runs', whole, 1_000_000)
  .option('--page', 'the page of reports under load, and nothing else')
  .action(async ({ page, ...options }) =>
    page
      ? (await import('@pipeline/bench/page.ts')).benchPage(options)
      : (await import('@pipeline/bench/main.ts')).bench(options),
  )

program
  .command('lint')
  .description('types and style')
  .action(async () => (await import('./commands/lint.ts')).lint())

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof PipelineError) {
    console.error(`${error.code}: ${error.message}\nWhat to do: ${error.todo}`)
  } else {
    console.error(error)
  }
  process.exitCode = 1
}
