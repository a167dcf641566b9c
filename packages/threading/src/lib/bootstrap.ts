import type { Boot } from './boot.ts'

/**
 * What a thread runs first. Only its text gets there (see {@link bootText}), so it knows no name of this file: no import, no
 * helper, no `using`, and no function with a name of its own inside, since a bundler may wrap those in a helper. It does
 * little, so that whatever goes wrong while this package and the program's own file are loaded is told and ends the thread.
 */
function bootstrap(load: (url: string) => Promise<unknown>): void {
  const fs = process.getBuiltinModule('node:fs')
  const threads = process.getBuiltinModule('node:worker_threads')
  const boot = threads.workerData.fundThread as Boot

  // The keeper makes all threads, so what a thread would inherit from the one that starts it has to be handed on.
  const original = threads.setEnvironmentData
  for (const [key, value] of boot.environment) original(key as string, value as string)
  threads.setEnvironmentData = (key, value) => {
    boot.environment.set(key, value)
    original(key, value)
  }
  const modules = process.getBuiltinModule('node:module')
  modules.syncBuiltinESMExports()
  // Node strips types anew in every thread, which takes 45 ms and 8 MB, unless it may keep what it has stripped.
  if (/\.[cm]?ts$/.test(boot.target.url)) modules.enableCompileCache?.()

  const desk = {
    report(error: unknown): void {
      const { inspect } = process.getBuiltinModule('node:util')
      const text = Buffer.from(`Exception in thread ${boot.name}:\n${inspect(error)}\n`)
      for (let sent = 0; sent < text.length; ) {
        try {
          sent += fs.writeSync(2, text, sent)
        } catch (refusal) {
          if ((refusal as NodeJS.ErrnoException).code !== 'EAGAIN') return // nobody can read it
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
        }
      }
    },
  }
  process.on('uncaughtException', (error) => {
    if (process.listenerCount('uncaughtException') > 1) return // the program takes care of it
    desk.report(error)
    process.exit(1) // of this thread only
  })
  process.on('exit', () => {
    let isDue = true
    try {
      boot.onEnd?.()
      const fields = boot.result?.()
      if (fields !== undefined) {
        boot.keeper.postMessage({ fields }) // which passes them on, and then says that the thread has ended
        isDue = false
      }
    } catch (error) {
      desk.report(error)
    }
    if (isDue) {
      Atomics.store(boot.words, 0, 3) // PHASE, ENDED
      Atomics.notify(boot.words, 0)
    }
  })
  load(boot.library)
    .then(() => {
      const enter = (globalThis as unknown as Record<symbol, unknown>)[Symbol.for('fund:threading enter')]
      return (enter as (loader: typeof load) => Promise<void>)(load)
    })
    .catch((error) => {
      // An exception, whatever this process does with rejections that nobody handles.
      process.nextTick(() => {
        throw error
      })
    })
}

/** The text of a program that runs {@link bootstrap}. The `import` stays outside of it: vite and others would rewrite it. */
export function bootText(): string {
  return `(${bootstrap})((url) => import(url))`
}
