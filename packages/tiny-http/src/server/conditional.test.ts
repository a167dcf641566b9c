import { describe, expect, it } from 'vitest'
import { cpuMs } from '../testing/cpu-ms.ts'
import { allowsRange, weigh } from './conditional.ts'

const etag = '"5-abc"'
const modified = Date.UTC(1994, 10, 6, 8, 49, 37, 500)
const same = 'Sun, 06 Nov 1994 08:49:37 GMT'
const before = 'Sun, 06 Nov 1994 08:49:36 GMT'
const after = 'Sun, 06 Nov 1994 08:49:38 GMT'

function field(fields: Record<string, string>): (name: string) => string | null {
  return (name) => fields[name] ?? null
}

describe('weigh', () => {
  it.each([
    ['no condition', {}, 'proceed'],
    // 13.1.1
    ['the same tag', { 'if-match': etag }, 'proceed'],
    ['one of several tags', { 'if-match': `"x", ${etag},"y"` }, 'proceed'],
    ['any tag', { 'if-match': '*' }, 'proceed'],
    ['another tag', { 'if-match': '"x"' }, 412],
    ['a weak tag where a strong one is wanted', { 'if-match': `W/${etag}` }, 412],
    ['no tag at all', { 'if-match': '' }, 412],
    ['a tag without quotes', { 'if-match': '5-abc' }, 412],
    // 13.1.2
    ['the same tag', { 'if-none-match': etag }, 304],
    ['the same tag, weak', { 'if-none-match': `W/${etag}` }, 304],
    ['one of several tags', { 'if-none-match': `"a,b" , W/"c" ,, ${etag}` }, 304],
    ['any tag', { 'if-none-match': '*' }, 304],
    ['another tag', { 'if-none-match': '"x"' }, 'proceed'],
    ['a tag within a tag', { 'if-none-match': `"x,${etag}"` }, 'proceed'],
    ['a list that is none', { 'if-none-match': `x ${etag}` }, 'proceed'],
    // 13.1.3
    ['unchanged since then', { 'if-modified-since': same }, 304],
    ['unchanged since later', { 'if-modified-since': after }, 304],
    ['changed since', { 'if-modified-since': before }, 'proceed'],
    ['no date', { 'if-modified-since': 'yesterday' }, 'proceed'],
    // 13.1.4
    ['unchanged since then', { 'if-unmodified-since': same }, 'proceed'],
    ['changed since', { 'if-unmodified-since': before }, 412],
    ['no date', { 'if-unmodified-since': 'yesterday' }, 'proceed'],
    // 13.2.2: the order
    ['If-Match makes If-Unmodified-Since void', { 'if-match': etag, 'if-unmodified-since': before }, 'proceed'],
    ['If-None-Match makes If-Modified-Since void', { 'if-none-match': '"x"', 'if-modified-since': same }, 'proceed'],
    ['If-Match is asked first', { 'if-match': '"x"', 'if-none-match': etag }, 412],
    ['then If-None-Match', { 'if-match': etag, 'if-none-match': etag }, 304],
    ['If-Unmodified-Since, then If-None-Match', { 'if-unmodified-since': before, 'if-none-match': etag }, 412],
    ['If-Unmodified-Since, then If-Modified-Since', { 'if-unmodified-since': same, 'if-modified-since': same }, 304],
  ] as const)('%s %j: %s', (_, fields, verdict) => {
    expect(weigh(field(fields as Record<string, string>), { etag, modified })).toBe(verdict)
  })

  it('knows a weak tag of its own for good in If-None-Match and for nothing in If-Match', () => {
    const weak = { etag: `W/${etag}`, modified }

    expect(weigh(field({ 'if-none-match': etag }), weak)).toBe(304)
    expect(weigh(field({ 'if-match': `W/${etag}` }), weak)).toBe(412)
    expect(weigh(field({ 'if-match': '*' }), weak)).toBe('proceed')
  })

  it('relies on no date where there is none', () => {
    const dateless = { etag, modified: undefined }

    expect(weigh(field({ 'if-modified-since': after }), dateless)).toBe('proceed')
    expect(weigh(field({ 'if-unmodified-since': after }), dateless)).toBe(412)
  })

  it('reads a long list of tags in one pass', () => {
    const list = '"x",'.repeat(4_000)
    const took = cpuMs(() => {
      expect(weigh(field({ 'if-none-match': `${list}"` }), { etag, modified })).toBe('proceed')
      expect(weigh(field({ 'if-none-match': `${list}${etag}` }), { etag, modified })).toBe(304)
      expect(weigh(field({ 'if-none-match': `${' '.repeat(15_000)}x` }), { etag, modified })).toBe('proceed')
    })

    expect(took).toBeLessThan(500)
  })
})

describe('allowsRange', () => {
  it.each([
    [null, true],
    [etag, true],
    [`W/${etag}`, false],
    ['"x"', false],
    [same, true],
    [after, false],
    [before, false],
    ['yesterday', false],
    ['', false],
  ])('If-Range: %s: %s', (ifRange, isAllowed) => {
    expect(allowsRange(ifRange, { etag, modified })).toBe(isAllowed)
  })

  it('takes no weak tag, even its own, and then no date either', () => {
    expect(allowsRange(`W/${etag}`, { etag: `W/${etag}`, modified })).toBe(false)
    expect(allowsRange(same, { etag: `W/${etag}`, modified })).toBe(false)
  })
})
