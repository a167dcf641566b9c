export { type Address, formatAddress } from './lib/address.ts'
export { type ConnectOptions, connect } from './lib/connect.ts'
export { type ChunkTap, type CloseOptions, Connection, type TrySendOptions } from './lib/connection.ts'
export type { ChunkListener } from './lib/inbound.ts'
export { type LanAddress, lanAddresses } from './lib/lan-addresses.ts'
export { LineReader } from './lib/line-reader.ts'
export type { LineOptions } from './lib/line-splitter.ts'
export { type ListenOptions, listen, socket } from './lib/listen.ts'
export {
  type ConnectionHandler,
  Listener,
  type ListenerStats,
  type ShutdownReport,
  type SocketOptions,
} from './lib/listener.ts'
export { type NetAction, NetError, type NetErrorOptions } from './lib/net-error.ts'
export type { TrySendResult } from './lib/outbound.ts'
export type { WaitOptions } from './lib/wait.ts'
