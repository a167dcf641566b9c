import { fileURLToPath } from 'node:url'
import type { Address } from '@fund/net-core'
import { type ProgramProcess, startProgram } from '@fund/net-core/testing'
import { type Client, join } from './client.ts'

/** The command, as source. */
export const bin: string = fileURLToPath(new URL('../bin.ts', import.meta.url))

/** What starts the command of the package: Node, on a free port, and little said. */
export const chatCommand: readonly string[] = [process.execPath, bin, '0', '--quiet']

/** The command of the package in a process of its own, and clients that are in its room. */
export interface ChatProcess extends AsyncDisposable {
  readonly program: ProgramProcess
  readonly address: Address
  /** At least as many as were asked for; everybody has heard of everybody. */
  readonly clients: [Client, Client, Client, ...Client[]]
  /** One more, who is in the room when this resolves. */
  readonly enter: () => Promise<Client>
}

/** Starts `fund-minichat 0 --quiet` with these arguments, and lets so many in. */
export async function startChat(
  args: readonly string[],
  count = 0,
  env: Record<string, string> = {},
): Promise<ChatProcess> {
  const program = startProgram([...chatCommand, ...args], { env: { FUND_LANG: 'en', ...env } })
  const address = await program.listens()
  const clients = [] as unknown as ChatProcess['clients']
  const enter = async (): Promise<Client> => {
    const client = await join(address)
    for (const each of clients) await each.hears(`here I am, ${client.name}`)
    clients.push(client)
    return client
  }
  while (clients.length < count) await enter()
  return {
    program,
    address,
    clients,
    enter,
    async [Symbol.asyncDispose]() {
      for (const { connection } of clients) connection.abort()
      await program[Symbol.asyncDispose]()
    },
  }
}
