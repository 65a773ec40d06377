import { BigQuery, type BigQueryOptions } from '@google-cloud/bigquery'

export interface BigqueryOptions {
  projectId: string
  /** Where the datasets lie: `EU`, `europe-west3`. The lake's bucket must lie there too. */
  location: string
  /** `http://host:port` of an emulator; the cloud when left out. */
  emulatorHost?: string | undefined
  /** How often the client tries a request again by itself, a second, two and four later. */
  retries?: number
}

/** What the client asks its credentials for. An emulator wants none, and there is no metadata server beside it. */
const NO_CREDENTIALS = { getRequestHeaders: async () => new Headers() } as unknown as NonNullable<
  BigQueryOptions['authClient']
>

/**
 * The official client. It leaves `/bigquery/v2` out of its paths when it finds BIGQUERY_EMULATOR_HOST by itself, so it
 * gets the address as `apiEndpoint` and does not see the variable. It tries requests again that answer 429 or 5xx.
 */
export function bigqueryClient({
  projectId,
  location,
  emulatorHost,
  retries = 3,
}: BigqueryOptions): BigQuery {
  const seen = process.env.BIGQUERY_EMULATOR_HOST
  delete process.env.BIGQUERY_EMULATOR_HOST
  try {
    return new BigQuery({
      projectId,
      location,
      retryOptions: { maxRetries: retries },
      ...(emulatorHost === undefined ? {} : { apiEndpoint: emulatorHost, authClient: NO_CREDENTIALS }),
    })
  } finally {
    if (seen !== undefined) process.env.BIGQUERY_EMULATOR_HOST = seen
  }
}
