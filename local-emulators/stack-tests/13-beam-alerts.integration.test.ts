import assert from 'node:assert/strict'
import { openSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { selectOf } from '@pipeline/dataflow-templates/catalogue/select.ts'
import { parseAlertName } from '@pipeline/hospital/alerts.ts'
import { catalog } from '@pipeline/hospital/catalog.ts'
import { canonical } from '@pipeline/hospital/values.ts'
import { readStatus } from '../commands/status.ts'
import { waitForLake } from '../commands/wait-for-lake.ts'
import { prescribeToCrowd } from '../dataflow/crowd.ts'
import { expectedAlerts } from '../dataflow/expected-alerts.ts'
import { localParameters, type PipelineRun, startHere, subscribe } from '../dataflow/run-here.ts'
import { produce } from '../producer/produce.ts'
import { eventually, objectsUnder, sql, stack } from './the-stack.ts'

let run: PipelineRun | undefined
after(async () => {
  await run?.stop()
  // dbt takes no report from a duration that it can't price; other tests read reports.
  await sql((client) => client.query(`UPDATE prescriptions SET duration = NULL WHERE duration = 'as needed'`))
})

/** Severity by pair of prescriptions, of the alerts that stand in the lake; and how often each word was stored. */
async function standing(): Promise<Map<string, string>> {
  const newest = new Map<string, NonNullable<ReturnType<typeof parseAlertName>>>()
  for (const name of await objectsUnder('alerts/')) {
    const word = parseAlertName(name)
    assert.ok(word, name)
    if (word.version > (newest.get(word.alertId)?.version ?? '')) newest.set(word.alertId, word)
  }
  return new Map(
    [...newest.values()]
      .filter(({ state }) => state === 'raised')
      .map(({ alertId, severity }) => [alertId.split('-').slice(0, 2).join('-'), severity]),
  )
}

const sorted = (alerts: Map<string, string>) =>
  [...alerts].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))

test('the queries of postgres-to-lake give each table of PostgreSQL as the lake has its values', async () => {
  for (const table of catalog) {
    const [rows, count] = await sql(async (client) => [
      (await client.query<Record<string, unknown>>(`SELECT * FROM (${selectOf(table)}) t LIMIT 500`)).rows,
      Number((await client.query(`SELECT count(*) AS n FROM (${selectOf(table)}) t`)).rows[0].n),
    ])
    const there = await sql((client) => client.query(`SELECT count(*) AS n FROM public.${table.name}`))
    assert.equal(count, Number(there.rows[0].n), table.name)
    for (const { name, type, nullable } of table.columns) {
      for (const row of rows) {
        if (row[name] === null) assert.ok(nullable, `${table.name}.${name}`)
        // node-postgres gives a bigint as text.
        else if (type.kind === 'bigint' || type.kind === 'integer') assert.match(String(row[name]), /^-?\d+$/)
        else assert.equal(canonical(type, row[name] as string), row[name], `${table.name}.${name}`)
      }
    }
  }
})

async function prescribe(names: readonly string[]): Promise<{ pair: string; ids: string[] }> {
  return sql(async (client) => {
    const one = async (text: string, values: unknown[] = []) =>
      (await client.query(text, values)).rows[0].id as string
    const patient = await one(`INSERT INTO patients (full_name) VALUES ('P') RETURNING patient_id AS id`)
    const doctor = await one(
      `INSERT INTO doctors (name, specialization) VALUES ('D', 'Cardiology') RETURNING doctor_id AS id`,
    )
    const visit = await one(
      `INSERT INTO visits (patient_id, doctor_id, visit_date) VALUES ($1, $2, now()) RETURNING visit_id AS id`,
      [patient, doctor],
    )
    const ids: string[] = []
    for (const name of names) {
      const medicine = await one(
        `INSERT INTO medicines (name, price) VALUES ($1, 1) RETURNING medicine_id AS id`,
        [name],
      )
      ids.push(
        await one(
          `INSERT INTO prescriptions (patient_id, doctor_id, medicine_id, visit_id, duration)
           VALUES ($1, $2, $3, $4, '5 days') RETURNING prescription_id AS id`,
          [patient, doctor, medicine, visit],
        ),
      )
    }
    return { pair: ids.join('-'), ids }
  })
}

test('interaction-alerts on real wire: the alerts are those that SQL over PostgreSQL finds, within seconds', async (t) => {
  const template = 'interaction-alerts'
  // From here on the subscription has all changes; what was before lies in the lake.
  const subscription = await subscribe(stack, template, {})
  assert.equal(await waitForLake(stack, 120), 0, 'changes did not reach the lake')
  const history = `gs://${stack.gcsBucket}`
  const log = openSync(join(stack.stateDir, 'logs', `${template}.log`), 'a')
  run = await startHere(stack, template, localParameters(stack, template, { subscription, history }), log)
  run.done.catch(() => undefined)
  const failed = run.done.then(() => assert.fail('the pipeline ended'))
  await sql(prescribeToCrowd)
  await Promise.race([
    failed,
    produce({ databaseUrl: stack.postgresUrl, changes: 1500, rate: 250, seed: 13 }),
  ])

  const compare = async () => {
    const expected = await sql(expectedAlerts)
    assert.ok(expected.size >= 50, 'too few prescriptions interact for a comparison')
    assert.deepEqual(sorted(await standing()), sorted(expected))
    return expected.size
  }
  const compared = await Promise.race([failed, eventually(compare, 120)])

  const started = Date.now()
  const { pair, ids } = await prescribe(['Clopidogrel 75 mg', 'Omeprazole 20 mg'])
  await Promise.race([
    failed,
    eventually(async () => assert.equal((await standing()).get(pair), 'major'), 60),
  ])
  const raised = (Date.now() - started) / 1000
  assert.ok(raised < 20, `an alert took ${raised} s`)
  const status = await readStatus(stack)
  assert.ok(status.alerts!.standing.major >= 1)
  assert.ok(
    status.alerts!.newest.some(({ alertId }) => alertId.startsWith(`${pair}-`)),
    'npm run status shows it',
  )

  await sql((client) => client.query('DELETE FROM prescriptions WHERE prescription_id = $1', [ids[1]]))
  await Promise.race([failed, eventually(async () => assert.ok(!(await standing()).has(pair)), 60)])

  // Nothing is told twice: what comes again from Pub/Sub and from the lake has said nothing new.
  await sleep(2_000)
  const words = (await objectsUnder('alerts/')).map((name) => parseAlertName(name)!)
  const times = Map.groupBy(
    words.filter(({ state }) => state === 'raised'),
    ({ alertId }) => alertId,
  )
  const twice = [...times].filter(
    ([alertId, raises]) =>
      raises.length >
      1 + words.filter((word) => word.alertId === alertId && word.state === 'retracted').length,
  )
  assert.deepEqual(twice, [])
  await compare()
  t.diagnostic(
    `${compared} alerts equal; one raised ${raised.toFixed(1)} s after its prescription was written`,
  )
})
