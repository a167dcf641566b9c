/** Every text of this package that a person reads, beside what the counters print. */
export const messages = {
  summary: {
    en: 'counts in two threads at the same time, or serves each client in a thread',
    pt: 'conta em duas threads ao mesmo tempo, ou atende cada cliente numa thread',
  },
  mthreads: {
    en: 'the counters as functions',
    pt: 'os contadores como funções',
  },
  mthreads2: {
    en: 'the counters as classes',
    pt: 'os contadores como classes',
  },
  exercise3: {
    en: 'the counters, made first and started later',
    pt: 'os contadores, criados primeiro e iniciados depois',
  },
  echo: {
    en: 'an echo server with a thread for each client',
    pt: 'um servidor de eco com uma thread para cada cliente',
  },
  limit: {
    en: 'echo: at most N clients at a time (100 when not said; try 1)',
    pt: 'echo: no máximo N clientes de cada vez (100 se não for dito; experimente 1)',
  },
  refusal: {
    en: 'Sorry, there is no room: at most {limit} at a time. Try again later.',
    pt: 'Desculpe, não há lugar: no máximo {limit} de cada vez. Tente de novo mais tarde.',
  },
} as const
