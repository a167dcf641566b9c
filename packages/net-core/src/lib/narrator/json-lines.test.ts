import { describe, expect, it } from 'vitest'
import { event } from '../../testing/event.ts'
import { jsonLine } from './json-lines.ts'

describe('jsonLine', () => {
  it('gives one line with the keys of the schema, bytes in base64', () => {
    const recv = event({ op: 'recv', seq: 7, t: 12, conn: 1, peer: '127.0.0.1:5', data: 'oi\n' })
    expect(jsonLine({ ...recv, extra: 1 } as typeof recv)).toBe(
      '{"seq":7,"t":12,"lane":"main","conn":1,"op":"recv","n":3,"offset":0,"data":"b2kK","peer":"127.0.0.1:5"}\n',
    )
  })

  it('leaves nothing in it that a terminal would obey, and is read as it was', () => {
    const lane = '\x1b[2J\x7f\u009b\u202e\u2028\u{e0041} olá ☕'
    const line = jsonLine(event({ op: 'socket', lane }))
    expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    expect(JSON.parse(line)).toMatchObject({ lane })
  })
})
