import type { Session } from 'node:inspector'
import type { Target } from './target-place.ts'

/*
 * JavaScript does not say where a function comes from. The engine knows, and tells debuggers; the inspector of one's own
 * thread can be asked synchronously. It takes 20 ms and 4 MB.
 */

const SLOT = 'fund:threading function'

interface Location {
  readonly scriptId: string
}

interface Property {
  readonly name: string
  readonly value?: { readonly value?: unknown }
}

/** The file, or its URL, that a function or class was written in; an empty string for what is built in or bound. */
export function functionFile(target: Target): string {
  const inspector = process.getBuiltinModule('node:inspector') // only now: few threads ever need it
  const session = new inspector.Session()
  session.connect()
  try {
    const scriptId = scriptOf(session, target)
    return scriptId === undefined ? '' : fileOfScript(session, scriptId)
  } finally {
    session.disconnect()
  }
}

function scriptOf(session: Session, target: Target): string | undefined {
  const home = globalThis as { [key: symbol]: unknown }
  const key = Symbol.for(SLOT)
  home[key] = target
  try {
    const expression = `globalThis[Symbol.for(${JSON.stringify(SLOT)})]`
    const { result } = ask<{ result: { objectId: string } }>(session, 'Runtime.evaluate', { expression })
    const { objectId } = result
    const { internalProperties = [] } = ask<{ internalProperties?: Property[] }>(session, 'Runtime.getProperties', {
      objectId,
      ownProperties: true,
    })
    const location = internalProperties.find(({ name }) => name === '[[FunctionLocation]]')?.value?.value
    return (location as Location | undefined)?.scriptId
  } finally {
    delete home[key]
  }
}

function fileOfScript(session: Session, scriptId: string): string {
  let file = ''
  session.on('Debugger.scriptParsed', ({ params }) => {
    if (params.scriptId === scriptId) file = params.url
  })
  ask(session, 'Debugger.enable') // tells of every script there is, before it returns
  ask(session, 'Debugger.disable')
  return file
}

function ask<T>(session: Session, method: string, params: object = {}): T {
  let answer: T | undefined
  session.post(method, params, (error, result) => {
    if (error) throw new Error(`The inspector refused ${method}`, { cause: error })
    answer = result as T
  })
  return answer as T
}
