import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { type Connection, connect } from '@fund/net-core'
import { startProgram } from '@fund/net-core/testing'

/*
 * `pnpm stress`: a hundred clients of the threaded echo, each in a thread of its own, then the one too many. It is refused
 * in a sentence, and the hundred notice nothing.
 */

async function says(client: Connection, line: string): Promise<string> {
  await client.sendAll(line)
  let heard = ''
  while (heard.length < line.length) heard += String(await client.recv())
  return heard
}

const bin = fileURLToPath(new URL('bin.ts', import.meta.url))
await using program = startProgram([process.execPath, bin, 'echo', '0', '--quiet'], { env: { FUND_LANG: 'en' } })
const address = await program.listens()
const clients = await Promise.all(Array.from({ length: 100 }, () => connect(address)))
for (const round of ['once', 'again']) {
  const heard = await Promise.all(clients.map((client, number) => says(client, `${round} ${number}\n`)))
  assert.deepEqual(
    heard,
    clients.map((_, number) => `${round} ${number}\n`),
  )
  const late = await connect(address)
  assert.match(String(await late.recv()), /^Sorry, there is no room: at most 100 at a time\./)
  assert.equal(await late.recv(), null)
  await late.close()
}
program.signal('SIGTERM')
for (const client of clients) assert.equal(await client.recv(), null)
await Promise.all(clients.map((client) => client.close()))
assert.equal(await program.ends(20_000), 0)
console.log('100 clients in 100 threads, and the 101st refused twice')
