import { tell } from '../../lib/events.ts'

/** Tells events without a pause, until it is terminated. */
const data = new Uint8Array(256)
while (true) tell({ conn: 0, op: 'recv', n: 256, offset: 0, data })
