import { UsageError } from '@fund/net-core/program'
import { expect, it } from 'vitest'
import { loadRedisClient } from './redis-client.ts'

it.each([
  ['en', /needs the package @redis\/client, .*: npm install @redis\/client@6$/],
  ['pt', /precisa do pacote @redis\/client, .*: npm install @redis\/client@6$/],
] as const)('names the package that is missing and how to install it (%s)', async (language, sentence) => {
  const missing = (): Promise<never> =>
    Promise.reject(Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' }))

  const failure = await loadRedisClient(language, missing).catch((error: unknown) => error)

  expect(failure).toBeInstanceOf(UsageError)
  expect(String(failure)).toMatch(sentence)
})

it('does not hide what else goes wrong', async () => {
  const broken = (): Promise<never> => Promise.reject(new SyntaxError('half a file'))

  await expect(loadRedisClient('en', broken)).rejects.toThrow('half a file')
})
