import process from 'node:process'
import { type Conversation, conversations } from './conversations.ts'
import { innermost } from './innermost.ts'
import { type Program, readyAddress, startProgram } from './program.ts'
import { Failure } from './script.ts'

/** How a step's program is started; its own arguments (port 0) come last. */
export type Start = { command: string; words: string[]; cwd: string; env: NodeJS.ProcessEnv; readyMs?: number }

/** Has every conversation with a step, one after the other. */
export async function talk(step: string, start: Start): Promise<void> {
  const all = conversations[step]
  if (all === undefined) throw new Failure(`Nobody has said yet how to talk to ${step}.`)
  for (const conversation of all) await converse(conversation, start)
}

/** Starts a step, has the conversation with it and ends it: every way it ends has to be a clean one. */
async function converse(conversation: Conversation, start: Start): Promise<void> {
  const { command, words, cwd, env, readyMs } = start
  const open = (): Program => startProgram(command, [...words, ...conversation.args], { cwd, env })
  await using program = open()
  if (conversation.serves) await readyAddress(program, readyMs)
  await conversation.talk(program)
  if (!conversation.ends) await terminate(program)
  await expectCleanEnd(program)
  if (!conversation.ends || !conversation.serves) return
  // It ended by itself; SIGTERM has to work as well, when nobody came.
  await using unvisited = open()
  await readyAddress(unvisited, readyMs)
  await terminate(unvisited)
  await expectCleanEnd(unvisited)
}

async function terminate(program: Program): Promise<void> {
  process.kill(await innermost(program.pid), 'SIGTERM')
}

async function expectCleanEnd(program: Program): Promise<void> {
  const end = await program.ended()
  if (end !== 0) throw new Failure(`\`${program.line}\` ended with ${end}; it said:\n${program.said()}`)
}
