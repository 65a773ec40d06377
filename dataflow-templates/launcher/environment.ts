import { PipelineError } from '@pipeline/hospital/errors.ts'
import { z } from 'zod'

const LABEL = /^[a-z][a-z0-9_-]{0,62}$/

/** Where and as whom jobs run. */
export const environmentSchema = z
  .strictObject({
    project: z.string().regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, 'must be the id of a project'),
    region: z.string().regex(/^[a-z]+-[a-z]+\d+$/, 'must be a region, such as us-central1'),
    /** The account of the workers. There is no default: that of the machines may do too much. */
    serviceAccount: z
      .string()
      .regex(
        /^[a-z][a-z0-9-]{4,28}[a-z0-9]@[a-z0-9.-]+\.gserviceaccount\.com$/,
        'must be the address of a service account',
      ),
    /** Folder that holds our pipelines as they are launched. */
    templates: z
      .string()
      .regex(/^gs:\/\/[a-z0-9][a-z0-9._-]+(\/[^\s]+)?$/, 'must be gs://<bucket>/<folder>')
      .transform((text) => text.replace(/\/+$/, '')),
    tempLocation: z
      .string()
      .regex(/^gs:\/\/[a-z0-9][a-z0-9._-]+(\/[^\s]*)?$/, 'must be gs://<bucket>/<folder>'),
    /** `regions/<region>/subnetworks/<name>`, or its whole address; workers have no address of their own outside. */
    subnetwork: z
      .string()
      .regex(
        /^(https:\/\/www\.googleapis\.com\/compute\/v1\/)?(projects\/[a-z0-9-]+\/)?regions\/[a-z0-9-]+\/subnetworks\/[a-z][a-z0-9-]{0,62}$/,
        'must be regions/<region>/subnetworks/<name>',
      )
      .optional(),
    network: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,62}$/, 'must be the name of a network')
      .optional(),
    machineType: z
      .string()
      .regex(/^[a-z0-9]+-[a-z0-9-]+$/, 'must be a machine type')
      .default('n2-standard-2'),
    workers: z.int().min(1).max(1000).default(1),
    maxWorkers: z.int().min(1).max(4000).default(4),
    /** State and shuffle of streaming jobs outside the workers; without it they lie on the workers' disks. */
    streamingEngine: z.boolean().default(true),
    /** Customer-managed key for state and temporary files. */
    kmsKey: z
      .string()
      .regex(
        /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/,
        'must be the name of a key of Cloud KMS',
      )
      .optional(),
    labels: z.record(z.string().regex(LABEL), z.string().regex(/^[a-z0-9_-]{0,63}$/)).default({}),
  })
  .refine(({ workers, maxWorkers }) => workers <= maxWorkers, {
    path: ['workers'],
    error: 'must not be above maxWorkers',
  })
  .refine(({ subnetwork, region }) => !subnetwork || subnetwork.includes(`regions/${region}/`), {
    path: ['subnetwork'],
    error: 'must be in the region',
  })

export type Environment = z.infer<typeof environmentSchema>

/** Checks where jobs are to run. Throws JOB_INVALID that names each wrong setting, and no value. */
export function readEnvironment(value: unknown): Environment {
  const result = environmentSchema.safeParse(value)
  if (result.success) return result.data
  const faults = result.error.issues.map(({ path, message, code }) =>
    code === 'unrecognized_keys' ? 'a setting that there is not' : `${path.join('.')} ${message}`,
  )
  throw new PipelineError('JOB_INVALID', { environment: [...new Set(faults)].join('; ') })
}
