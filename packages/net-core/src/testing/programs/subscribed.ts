import { subscribe } from '../../lib/events.ts'
import { listen } from '../../lib/listen.ts'

/** Subscribes, does a little, and has nothing more to do: it must end by itself. */
subscribe((event) => console.log(JSON.stringify(event.op)))
const listener = await listen({ port: 0 })
await listener.close()
