/** Ten minutes of spoilt requests on the wire; `FUND_STRESS_SECONDS` says otherwise, `FUND_STRESS_SEED` repeats a run. */
import { fileURLToPath } from 'node:url'
import { startProgram } from '@fund/net-core/testing'
import { fuzz } from '../testing/fuzz.ts'

const seconds = Number(process.env.FUND_STRESS_SECONDS ?? 600)
const seed = Number(process.env.FUND_STRESS_SEED ?? Date.now() % 2 ** 31)
const end = performance.now() + seconds * 1000

await using server = startProgram([
  process.execPath,
  fileURLToPath(new URL('../testing/programs/counting-server.ts', import.meta.url)),
])
const address = await server.listens()
console.log(`Fuzzing for ${seconds} s with FUND_STRESS_SEED=${seed}`)
const exchanges = await fuzz(address, { seed, isOver: () => performance.now() > end })
const response = await fetch(`http://${address.host}:${address.port}/`)
if (response.status !== 200 || server.stderr !== '') throw new Error(`The server is not well: ${server.stderr}`)
console.log(`${exchanges} exchanges: no crash, no hang, no two answers for one request`)
