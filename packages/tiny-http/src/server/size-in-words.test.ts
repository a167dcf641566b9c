import { expect, it } from 'vitest'
import { sizeInWords } from './size-in-words.ts'

it.each([
  [0, '0 B'],
  [1, '1 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1536, '1.5 KiB'],
  [10 * 1024, '10 KiB'],
  [1024 ** 2, '1.0 MiB'],
  [3.2 * 1024 ** 3, '3.2 GiB'],
])('sizeInWords(%d) is %s', (bytes, words) => {
  expect(sizeInWords(bytes)).toBe(words)
})
