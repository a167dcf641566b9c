import { describe, expect, it } from 'vitest'
import { programFile, RunningProgram, runProgram, startProgram } from '../testing/run-program.ts'

describe('an exception that nobody catches', () => {
  it('is printed with the name and the stack, ends that thread only, and wakes join', async () => {
    const { code, stdout, stderr } = await runProgram('ending', 'exception')

    expect(stderr).toMatch(/^Exception in thread T:\nError: on purpose\n {4}at fail \(file:.*ending\.ts:\d+:\d+\)\n/)
    expect(stdout).toBe('true\n')
    expect(code).toBe(0)
  })

  it('is also a rejection that nobody handles', async () => {
    const { code, stdout, stderr } = await runProgram('ending', 'rejection')

    expect(stderr).toMatch(/^Exception in thread T:\nTypeError: nobody handles it\n {4}at reject /)
    expect(stdout).toBe('true\n')
    expect(code).toBe(0)
  })

  it('goes to the handler that the thread has for it', async () => {
    const { stdout, stderr } = await runProgram('ending', 'handled')

    expect(stdout).toBe('handled: on purpose\ntrue\n')
    expect(stderr).toBe('')
  })

  it('names the mend when a class uses # fields', async () => {
    const { stdout, stderr } = await runProgram('ending', 'private')

    expect(stderr).toContain(
      'Cannot use the # fields of Private in a thread: they do not travel there (EINVAL). ' +
        'Make them fields without #, or set them in run().',
    )
    expect(stdout).toBe('true\n')
  })

  it('says what to do when a file starts threads while a thread loads it', async () => {
    const { code, stdout, stderr } = await runProgram('unguarded')

    expect(stderr).toContain('Exception in thread T:\nThreadError: Cannot start T: this file is only being loaded')
    expect(stderr).toContain('Put what the main program does under `if (isMain(import.meta.url))`.')
    expect(stdout).toBe('end\n')
    expect(code).toBe(0)
  })
})

describe('a thread that dies of memory', () => {
  it('is told with what to do about it, and wakes a blocked join', async () => {
    const { code, stdout, stderr } = await runProgram('ending', 'memory')

    expect(stderr).toMatch(/^Exception in thread T:\n.*memory.* Give it more: new Thread\(\{ resourceLimits/)
    expect(stdout).toBe('true\n')
    expect(code).toBe(0)
  })
})

describe('process.exit', () => {
  it('ends the thread that calls it, and no other', async () => {
    const { code, stdout, stderr } = await runProgram('ending', 'exit')

    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'true\n', stderr: '' })
  })

  it('ends the process from the main thread, however its threads are blocked', async () => {
    const { code, stdout, stderr } = await runProgram('ending', 'processExit')

    expect({ code, stdout, stderr }).toEqual({ code: 7, stdout: '', stderr: '' })
  })
})

describe('the end of the process', () => {
  it.each([
    ['waits for threads', 'nonDaemon', 'after main\n'],
    ['waits for threads that were started by a daemon', 'grandchild', 'the grandchild has spoken\n'],
    ['does not wait for daemons', 'daemon', ''],
    ['waits for a daemon that joinAsync waits for', 'joinDaemon', 'waited for\n'],
  ])('%s', async (_, way, said) => {
    const { code, stdout, stderr } = await runProgram('ending', way)

    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: said, stderr: '' })
  })
})

describe.runIf(process.platform !== 'win32')('a signal', () => {
  it.each([
    ['SIGINT', 'blocked'],
    ['SIGTERM', 'blocked'],
    ['SIGTERM', 'inLoop'],
  ] as const)(
    '%s that nobody handles ends the process at once, with threads blocked and main %s',
    async (signal, way) => {
      await using program = startProgram('ending', way)
      await program.says('blocked')

      program.child.kill(signal)
      const { code, signal: by } = await program.ends()

      expect({ code, by }).toEqual({ code: null, by: signal })
    },
  )

  it('runs its handler in a main thread that is not blocked', async () => {
    await using program = startProgram('ending', 'handler')
    await program.says('blocked')

    program.child.kill('SIGTERM')

    expect((await program.ends()).code).toBe(9)
  })
})

describe('console.log in a thread', () => {
  it('is seen while the main thread is blocked', async () => {
    await using program = startProgram('ending', 'log')

    await program.says('from console.log\n')
  })

  it('is written to its end before the process ends', async () => {
    const { code, stdout } = await runProgram('ending', 'logAndEnd')

    expect(code).toBe(0)
    const lines = stdout.split('\n').slice(0, -1)
    expect(lines.map((line) => `${line.slice(0, 6)} ${line.length}`).toSorted()).toEqual([
      'line 0 100007',
      'line 1 100007',
      'line 2 100007',
    ])
  })
})

describe('print', () => {
  it('writes whole lines from many threads, to a reader that is slow', async () => {
    await using program = new RunningProgram(programFile('printing'))
    let turns = 0
    program.child.stdout?.on('data', () => {
      if (turns++ % 5 !== 0) return
      program.child.stdout?.pause()
      setTimeout(() => program.child.stdout?.resume(), 2)
    })

    const { code, stdout, stderr } = await program.ends()

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const lines = stdout.split('\n').slice(0, -1)
    expect(lines.length).toBe(400)
    expect(lines.filter((line) => !/^(\d):\d+:\1{5000}:$/.test(line))).toEqual([])
    for (const who of ['0', '1', '2', '3']) {
      const numbers = lines.filter((line) => line.startsWith(who)).map((line) => Number(line.split(':')[1]))
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    }
  })

  it('goes on in silence when nobody reads any more', async () => {
    await using program = new RunningProgram(programFile('printing'))
    program.child.stdout?.once('data', () => program.child.stdout?.destroy())

    const { code, stderr } = await program.ends()

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})
