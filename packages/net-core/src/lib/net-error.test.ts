import { describe, expect, it } from 'vitest'
import { messages } from '../messages.ts'
import { NetError, toNetError } from './net-error.ts'

const address = { host: '127.0.0.1', port: 9090 }

describe('NetError', () => {
  it('says what failed, where, why, and what to do next', () => {
    const cause = new Error('listen EADDRINUSE')
    const error = new NetError({ code: 'EADDRINUSE', action: 'listen', address, cause })

    expect(error.message).toBe(
      'Cannot listen on 127.0.0.1:9090: another program is already listening there (EADDRINUSE)',
    )
    expect(error.hint).toMatch(/^Stop that program, or choose another port/)
    expect(error).toMatchObject({ name: 'NetError', code: 'EADDRINUSE', action: 'listen', address, cause })
    expect(error).toBeInstanceOf(Error)
  })

  it('leaves the address out where there is none', () => {
    expect(new NetError({ code: 'EINVAL', action: 'accept' }).message).toMatch(/^Cannot accept on: the calls came/)
  })

  it("gives the system's own sentence for a code it has no words for", () => {
    const cause = new Error('connect EHOSTDOWN 10.0.0.7:1')
    const error = new NetError({ code: 'EHOSTDOWN', action: 'connect', address, cause })

    expect(error.message).toBe('Cannot connect to 127.0.0.1:9090: connect EHOSTDOWN 10.0.0.7:1 (EHOSTDOWN)')
    expect(error.hint).toBe('')
    expect(new NetError({ code: 'EHOSTDOWN', action: 'connect' }).message).toMatch(
      /: the system refused \(EHOSTDOWN\)$/,
    )
  })

  it('carries how much of a message was sent', () => {
    expect(new NetError({ code: 'EPIPE', action: 'send', sent: 3 }).sent).toBe(3)
    expect(new NetError({ code: 'EPIPE', action: 'recv' }).sent).toBeUndefined()
  })

  it('has a reason for every code it has a hint for', () => {
    const codesOf = (kind: string): string[] =>
      Object.keys(messages).flatMap((id) => (id.startsWith(`${kind}.`) ? [id.slice(kind.length + 1)] : []))

    expect(codesOf('reason')).toEqual(expect.arrayContaining(codesOf('hint')))
  })
})

describe('toNetError', () => {
  it('keeps the code and the original', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })

    expect(toNetError(cause, 'connect', address)).toMatchObject({ code: 'ECONNREFUSED', action: 'connect', cause })
  })

  it('lets one of ours pass', () => {
    const error = new NetError({ code: 'ETIMEDOUT', action: 'connect' })

    expect(toNetError(error, 'listen')).toBe(error)
  })

  it('has a word for what has none', () => {
    expect(toNetError(new Error('no code'), 'listen').code).toBe('EIO')
    expect(toNetError(undefined, 'listen').code).toBe('EIO')
  })
})
