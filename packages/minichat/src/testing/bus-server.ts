import type { Bus, BusState, Frame } from '../server/bus.ts'
import { openRedisBus } from '../server/redis-bus.ts'

/** A server as its bus sees it: what it said, and all it was told. */
export class BusServer implements AsyncDisposable {
  readonly bus: Bus
  readonly frames: Frame[] = []
  readonly states: BusState[] = []
  readonly losses: number[] = []
  /** The users of servers that it was told are dead. */
  readonly gone: string[] = []
  onFrame: ((frame: Frame) => void) | undefined
  revivals = 0
  said = 0

  static async open(
    broker: { readonly url: string },
    { room, users, follows = true }: { room?: string; users?: string; follows?: boolean } = {},
  ): Promise<BusServer> {
    const server = new BusServer(await openRedisBus(broker.url, { room }))
    if (users !== undefined) server.bus.present(users)
    if (follows) server.follow()
    return server
  }

  constructor(bus: Bus) {
    this.bus = bus
  }

  get heard(): string[] {
    return linesOf(this.frames)
  }

  follow(): void {
    this.bus.follow({
      onFrame: (frame) => {
        this.frames.push(frame)
        this.onFrame?.(frame)
      },
      onState: (state) => this.states.push(state),
      onLost: (lines) => this.losses.push(lines),
      onGone: (users) => this.gone.push(users),
      onRevived: () => {
        this.revivals += 1
      },
    })
  }

  says(line: string): void {
    this.said += 1
    this.bus.publish({ lines: Buffer.from(`${line}\n`), count: 1 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bus.close({ deadline: 100 })
  }
}

/** The lines in frames, without their ends. */
export function linesOf(frames: readonly Frame[]): string[] {
  return frames.flatMap(({ lines }) => String(lines).split('\n').slice(0, -1))
}

/** `ana 1` to `ana count`. */
export function numbered(who: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${who} ${index + 1}`)
}
