import { http } from '@google-cloud/functions-framework'
import { openDataflow } from '@pipeline/dataflow-templates/launcher/client.ts'
import { readEnvironment } from '@pipeline/dataflow-templates/launcher/environment.ts'
import { createLauncher } from '@pipeline/dataflow-templates/launcher/launcher.ts'
import { createLog } from '../log.ts'
import { readSettings, settingNames } from '../settings.ts'
import { launchFunction, readJobs } from './function.ts'

const name = 'launch-dataflow'
const settings = readSettings(settingNames[name], process.env)
const where = settings.DATAFLOW_ENVIRONMENT
const launcher =
  where === undefined
    ? undefined
    : createLauncher({ dataflow: openDataflow(), environment: readEnvironment(where) })

http(
  name,
  launchFunction({
    launcher,
    jobs: readJobs(settings.DATAFLOW_JOBS),
    log: createLog(name, settings.LOG_LEVEL),
  }),
)
