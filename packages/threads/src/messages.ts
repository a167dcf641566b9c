/** Every text of this package that a person reads, beside what the counters print. */
export const messages = {
  summary: {
    en: 'counts in two threads at the same time',
    pt: 'conta em duas threads ao mesmo tempo',
  },
  mthreads: {
    en: 'the counters as functions',
    pt: 'os contadores como funções',
  },
  mthreads2: {
    en: 'the counters as classes',
    pt: 'os contadores como classes',
  },
} as const
