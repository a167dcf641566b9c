import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { withDeadline } from './deadline.ts'

const late = (): Error => new Error('late')

it('gives what comes in time, and throws when nothing does', async () => {
  expect(await withDeadline(Promise.resolve(1), 1_000, late)).toBe(1)
  await expect(withDeadline(Promise.reject(new Error('broken')), 1_000, late)).rejects.toThrow('broken')
  await expect(withDeadline(new Promise(() => {}), 10, late)).rejects.toThrow('late')
})

it('waits once more when it was this process that stood still', async () => {
  const answer = withDeadline(pause(1_400, 'it came'), 300, late)
  await pause(1)
  const end = performance.now() + 1_500
  while (performance.now() < end); // as if stopped: no timer fires, and nothing is read

  expect(await answer).toBe('it came')
})
