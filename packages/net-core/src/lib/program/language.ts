import type { Language } from '../../messages.ts'

/**
 * The language to speak: `--lang`, else `FUND_LANG`, `LC_ALL`, `LC_MESSAGES`, `LANG`, the first that is set and not
 * empty. `pt`, `pt_BR.UTF-8` and the like give Portuguese, anything else English.
 *
 * @example
 * ```ts
 * import { chooseLanguage } from '@fund/net-core/program'
 *
 * console.log(chooseLanguage(undefined, { LANG: 'pt_BR.UTF-8' })) // pt
 * console.log(chooseLanguage('en', { LANG: 'pt_BR.UTF-8' })) // en
 * ```
 */
export function chooseLanguage(asked: string | undefined, env: NodeJS.ProcessEnv): Language {
  const wanted = asked || env.FUND_LANG || env.LC_ALL || env.LC_MESSAGES || env.LANG || ''
  return /^pt/i.test(wanted) ? 'pt' : 'en'
}
