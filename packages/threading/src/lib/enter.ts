// What every thread knows, so that it can be handed to any of them.
import './barrier.ts'
import './event.ts'
import './lock.ts'
import './queue.ts'
import './shared-list.ts'
import { boot } from './boot.ts'
import { Found } from './found.ts'
import { packFields, setFields, unpack } from './pack.ts'
import { findTarget, type Target } from './target-place.ts'
import { tellEnd } from './telling.ts'
import type { Thread } from './thread.ts'
import { ThreadError } from './thread-error.ts'

/** How V8 and what esbuild makes for older engines complain of a # field that an object does not have. */
const PRIVATE = /private (member|field|method)|must be an instance of class/

/** The life of a thread after bootstrap(): finds what it has to run, and runs it. Rejects with what that throws. */
export async function enter(
  load: (url: string) => Promise<unknown>,
  makeThread: (found: Found, type: Target | undefined) => Thread,
): Promise<void> {
  if (!boot) throw new Error('Only a thread can be entered')
  const { name, daemon, words, modules, target: place } = boot
  boot.onEnd = () => tellEnd(name, words)
  for (const module of modules) await load(module)
  const target = await findTarget(place, load)
  const { isClass } = place
  const found = new Found({ words, name, daemon }, isClass ? undefined : target, unpack(boot.args) as unknown[])
  const thread = makeThread(found, isClass ? target : undefined)
  setFields(thread, boot.fields)
  boot.result = () => packFields(thread, name)
  boot.self = thread
  try {
    await thread.run()
  } catch (error) {
    const isPrivate = isClass && error instanceof TypeError && PRIVATE.test(error.message)
    throw isPrivate ? new ThreadError('private', { target: place.name }, error) : error
  }
}
