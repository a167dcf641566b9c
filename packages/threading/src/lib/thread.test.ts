import { describe, expect, it, vi } from 'vitest'
import * as targets from '../testing/targets.ts'
import { currentThread } from './current-thread.ts'
import { Event } from './event.ts'
import { Queue } from './queue.ts'
import { SharedList } from './shared-list.ts'
import { Thread } from './thread.ts'
import { ThreadError } from './thread-error.ts'

/** The error that a call throws. */
function errorOf(call: () => unknown): ThreadError {
  try {
    call()
  } catch (error) {
    if (error instanceof ThreadError) return error
    throw error
  }
  throw new Error('It did not throw')
}

describe('Thread, of a function', () => {
  it('runs the function with its arguments, and join waits for its end', () => {
    const list = new SharedList()

    const thread = new Thread(targets.add, list, 1, 2)
    expect(thread.isAlive).toBe(false)
    expect(thread.start()).toBe(thread)
    expect(thread.join()).toBe(true)

    expect(thread.isAlive).toBe(false)
    expect(list.snapshot()).toEqual([1, 2])
  })

  it('is not started by being made', () => {
    const list = new SharedList()
    const first = new Thread(targets.add, list, 1)
    const second = new Thread(targets.add, list, 2)

    second.start().join()
    first.start().join()

    expect(list.snapshot()).toEqual([2, 1])
  })

  it('awaits an asynchronous function, and what is left in the event loop', () => {
    const list = new SharedList()

    new Thread(targets.addLater, list, 1).start().join()
    new Thread(targets.addByTimer, list, 2).start().join()

    expect(list.snapshot()).toEqual([1, 2])
  })

  it('finds what is exported under another name, what is exported as default, and what is registered', () => {
    const list = new SharedList()

    new Thread(targets.plus, list, 1).start().join()
    new Thread(targets.default, list).start().join()
    targets.startWhisper(list).join()

    expect(list.snapshot()).toEqual([1, 3, 2])
  })

  it('refuses a function without a name', () => {
    const { code, message } = errorOf(() => new Thread({ name: 'T' }, () => {}).start())

    expect(code).toBe('ENOENT')
    expect(message).toBe(
      'Cannot start T: its target has no name, and a thread finds its target by name (ENOENT). ' +
        'Make it a function with a name, at the top level of its file, and export it.',
    )
  })

  it('refuses a function that is in no file', () => {
    const { code, hint } = errorOf(() => new Thread(Math.max as () => void).start())

    expect(code).toBe('ENOENT')
    expect(hint).toContain('register(import.meta.url, max)')
  })

  it('ends when its function cannot be found: not exported, or inside another', () => {
    const list = new SharedList()

    expect(targets.startSecret(list).join()).toBe(true)
    expect(new Thread(targets.makeClosure(list)).start().join()).toBe(true)

    expect(list.length).toBe(0)
  })

  it('names the argument that cannot be copied', () => {
    const target = targets.add as unknown as (...args: unknown[]) => void

    expect(errorOf(() => new Thread({ name: 'T' }, target, 1, { a: [() => {}] }).start()).message).toBe(
      'Cannot copy argument 2 of T.a[0] between threads: it is a function (EINVAL). ' +
        'Pass plain data, make a function a method, share what is to be shared: Lock, Event, Queue, Barrier, SharedList.',
    )
    expect(errorOf(() => new Thread(target, new WeakMap()).start()).code).toBe('EINVAL')
  })

  it('can be started after a start that failed', () => {
    const args: unknown[] = [new SharedList(), new WeakMap()]
    const thread = new Thread(targets.add as (...args: unknown[]) => void, args)
    expect(() => thread.start()).toThrow(ThreadError)
    args.pop()

    expect(thread.start().join()).toBe(true)
  })

  it('refuses what is no function', () => {
    expect(() => new Thread({}, 'work' as never)).toThrow(TypeError)
  })
})

describe('Thread, of a class', () => {
  it('runs run(), and its fields come back at join', () => {
    const sum = new targets.Sum(1, 2, 3)
    const held = sum.lock

    sum.start()
    expect(sum.total).toBe(0)
    sum.join()

    expect(sum.total).toBe(6)
    expect(sum.numbers).toEqual([1, 2, 3])
    expect(sum.lock.isLocked).toBe(false)
    held.acquire()
    expect(sum.lock.isLocked).toBe(true) // still the same lock
  })

  it('brings the fields back for joinAsync, and for an asynchronous run', async () => {
    const sum = new targets.SlowSum(4, 5)

    expect(await sum.start().joinAsync()).toBe(true)

    expect(sum.total).toBe(9)
  })

  it('brings the fields of each back to it, in whatever order they are joined', () => {
    const sums = Array.from({ length: 5 }, (_, i) => new targets.Sum(i, 100))

    for (const sum of sums) sum.start()
    for (const sum of sums.toReversed()) sum.join()

    expect(sums.map(({ total }) => total)).toEqual([100, 101, 102, 103, 104])
  })

  it('finds a class that is not exported but registered', () => {
    const hidden = targets.makeHidden()

    hidden.start().join()

    expect(hidden.wasRun).toBe(true)
  })

  it('refuses a class without a name, and an object with nothing to run', () => {
    const nameless = new (class extends Thread {
      override run(): void {}
    })()

    expect(errorOf(() => nameless.start()).hint).toContain('name')
    expect(errorOf(() => new Thread({ name: 'T' }).start()).message).toBe(
      'Cannot start T: it has nothing to run (EINVAL). Give it a function, new Thread(work), or extend Thread and override run().',
    )
  })

  it('names the field that cannot be copied', () => {
    const sum = Object.assign(new targets.Sum(), { name: 'T', onTotal: () => {} })

    expect(errorOf(() => sum.start()).message).toContain('the field onTotal of T')
  })
})

describe('Thread.name', () => {
  it('counts, or is what it was given, also in the thread', () => {
    const answers = new Queue<string>()
    const [first, second] = [new Thread(targets.tellName, answers), new Thread(targets.tellName, answers)]
    const named = new Thread({ name: 'clock' }, targets.tellName, answers)

    for (const thread of [first, second, named]) thread.start().join()

    const number = Number(/^Thread-(\d+)$/.exec(first.name)?.[1])
    expect(second.name).toBe(`Thread-${number + 1}`)
    expect([answers.get(), answers.get(), answers.get()]).toEqual([first.name, second.name, 'clock'])
  })

  it('can be changed until the thread is started', () => {
    const answers = new Queue<string>()
    const thread = new Thread(targets.tellName, answers)
    thread.name = 'late'

    thread.start().join()

    expect(answers.get()).toBe('late')
    expect(
      errorOf(() => {
        thread.name = 'later'
      }).code,
    ).toBe('EALREADY')
  })
})

describe('Thread.start', () => {
  it('refuses to start twice, while it runs and afterwards', () => {
    const event = new Event()
    const thread = new Thread({ name: 'T' }, targets.waitFor, event).start()

    expect(errorOf(() => thread.start()).message).toBe(
      'Cannot start T: it was started before (EALREADY). A thread runs once: make a new one.',
    )
    event.set()
    thread.join()
    expect(errorOf(() => thread.start()).code).toBe('EALREADY')
  })

  it('says what the system has against it', () => {
    const thread = new Thread({ name: 5 as never }, targets.nothing)

    const { code, cause } = errorOf(() => thread.start())

    expect(code).toBe('EAGAIN')
    expect((cause as Error).message).toContain('"options.name"')
    expect(thread.isAlive).toBe(false)
  })
})

describe('Thread.join', () => {
  it('gives false when the timeout passes, and can be called again', () => {
    const event = new Event()
    const thread = new Thread(targets.waitFor, event).start()

    expect(thread.join(0)).toBe(false)
    expect(thread.join(20)).toBe(false)
    expect(thread.isAlive).toBe(true)
    event.set()

    expect(thread.join()).toBe(true)
    expect(thread.join(0)).toBe(true)
  })

  it('is there without stopping the event loop', async () => {
    const event = new Event()
    const thread = new Thread(targets.waitFor, event).start()

    expect(await thread.joinAsync(5)).toBe(false)
    const joined = thread.joinAsync()
    setTimeout(() => event.set(), 1)

    expect(await joined).toBe(true)
    expect(await thread.joinAsync(0)).toBe(true)
  })

  it('refuses a thread that was never started, oneself, and main', () => {
    const answers = new Queue<unknown>()
    const unstarted = new Thread({ name: 'T' }, targets.nothing)

    expect(errorOf(() => unstarted.join()).message).toBe(
      'Cannot join T: it was never started (ESRCH). Call start() first.',
    )
    expect(errorOf(() => currentThread().join()).code).toBe('EDEADLK')
    new Thread({ name: 'me' }, targets.joinMyself, answers).start().join()
    expect(answers.get()).toBe(
      'Cannot join me: it would wait for its own end, for ever (EDEADLK). Join it from another thread.',
    )
    new Thread(targets.joinOther, currentThread(), answers).start().join()
    expect(answers.size).toBe(0) // an exception in that thread: main cannot be joined
  })

  it('rejects a wrong timeout', async () => {
    const thread = new Thread(targets.nothing).start()

    expect(() => thread.join(-1)).toThrow(RangeError)
    await expect(thread.joinAsync(Number.NaN)).rejects.toThrow(RangeError)
    thread.join()
  })

  it('works in any thread that knows the other', () => {
    const event = new Event()
    const answers = new Queue<unknown>()
    const slow = new Thread({ name: 'slow' }, targets.waitFor, event).start()

    const joiners = [1, 2, 3].map(() => new Thread(targets.joinOther, slow, answers).start())
    event.set()
    for (const joiner of joiners) joiner.join()

    expect([answers.get(), answers.get(), answers.get()].map((answer) => (answer as unknown[])[2])).toEqual([
      true,
      true,
      true,
    ])
  })

  it('wakes when the thread exits, throws, or dies of memory', () => {
    const limits = { resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 } }

    expect(new Thread(targets.exit).start().join()).toBe(true)
    expect(new Thread(targets.throwError).start().join()).toBe(true)
    expect(new Thread(limits, targets.takeMemory).start().join()).toBe(true)
  })

  it('wakes all that wait for a thread that dies of memory', async () => {
    const answers = new Queue<unknown>()
    const limits = { name: 'fat', resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 } }
    const fat = new Thread(limits, targets.takeMemory).start()

    const joiner = new Thread(targets.joinOther, fat, answers).start()

    expect(await fat.joinAsync()).toBe(true)
    expect(joiner.join()).toBe(true)
    expect((answers.get() as unknown[])[2]).toBe(true)
  })
})

describe('a thread that starts another', () => {
  it('need not wait for it', () => {
    const list = new SharedList()
    const event = new Event()

    new Thread(targets.leaveBehind, event, list).start().join()
    expect(list.length).toBe(0)
    event.set()

    const last = new Thread(targets.startAnother, list).start()
    last.join()
    return vi.waitFor(() => expect(list.snapshot().toSorted()).toEqual([1, 7]), { timeout: 20_000 })
  })

  it('hands on what setEnvironmentData was called with', () => {
    const answers = new Queue<unknown>()

    new Thread(targets.setEnvironment, answers).start()

    expect(answers.get()).toBe('handed on')
  })
})

describe('64 threads', () => {
  it('run beside each other, and each is joined', () => {
    const event = new Event()
    const list = new SharedList()
    const threads = Array.from({ length: 64 }, () => new Thread(targets.waitFor, event, list).start())

    expect(threads.every(({ isAlive }) => isAlive)).toBe(true)
    event.set()
    for (const thread of threads) expect(thread.join()).toBe(true)

    expect(list.length).toBe(64)
  })
})

describe('currentThread', () => {
  it('is called main here', () => {
    expect(currentThread().name).toBe('main')
    expect(currentThread()).toBe(currentThread())
    expect(currentThread().isAlive).toBe(true)
    expect(errorOf(() => currentThread().start()).code).toBe('EALREADY')
  })
})
