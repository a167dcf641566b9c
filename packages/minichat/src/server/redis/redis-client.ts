import type { Language } from '@fund/net-core/program'
import { UsageError } from '@fund/net-core/program'
import { messages } from '../../messages.ts'

/** What is used of `@redis/client`. */
export type RedisClient = typeof import('@redis/client')

/**
 * Loads `@redis/client`, which only who shares a room needs to have installed.
 *
 * @throws {UsageError} that names the package and the command to install it, when it is missing.
 */
export async function loadRedisClient(
  language: Language,
  load: () => Promise<RedisClient> = () => import('@redis/client'),
): Promise<RedisClient> {
  try {
    return await load()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new UsageError(messages.redisClientMissing[language], language)
  }
}
