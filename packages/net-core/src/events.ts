export { DATA_BYTES, type NetEvent, type NetOp, subscribe } from './lib/events.ts'
