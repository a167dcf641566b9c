import { type Address, listen } from '@fund/net-core'
import { until } from '@fund/net-core/testing'
import { classroom } from '../server/limits.ts'
import type { Room } from '../server/room.ts'
import { type ServeOptions, serveRoom } from '../server/serve.ts'
import { type Client, join } from './client.ts'

/** A room of tasks in this process, with what is inside it. */
export interface TaskRoom extends AsyncDisposable {
  readonly address: Address
  readonly room: Room
  /** Ends it in order, as SIGTERM would. */
  readonly stop: () => Promise<void>
}

/** Opens a room of tasks. Its limits are a classroom's, with no limit to what may be said, unless `options` says otherwise. */
export async function openRoom({ host, ...options }: ServeOptions & { host?: string } = {}): Promise<TaskRoom> {
  const listener = await listen({ host, port: 0 })
  const ending = new AbortController()
  let room: Room | undefined
  const limits = { ...classroom, flood: undefined }
  const serving = serveRoom(listener, {
    limits,
    ...options,
    signal: ending.signal,
    onOpen: (opened) => {
      room = opened
    },
  })
  await until('the room is open', () => room !== undefined)
  const stop = async (): Promise<void> => {
    ending.abort()
    await listener.shutdown({ deadline: 2_000 })
    await serving
  }
  return {
    address: listener.address,
    room: room as unknown as Room,
    stop,
    async [Symbol.asyncDispose]() {
      listener.abort()
      await stop()
    },
  }
}

/** Clients of one room. */
export type Clients = [Client, Client, Client, Client, Client, ...Client[]]

/** Lets so many in, who have all heard of each other. Fewer than five leave the rest of the tuple empty: do not ask for them. */
export async function meet(address: Address, count: number): Promise<Clients> {
  const clients = await Promise.all(Array.from({ length: count }, () => join(address)))
  await clients[0]?.says('this is everybody\n')
  for (const client of clients) await client.hears('this is everybody')
  return clients as Clients
}
