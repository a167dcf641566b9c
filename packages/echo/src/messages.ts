/** Every text of this package that a person reads. */
export const messages = {
  summary: {
    en: 'sends back what it receives',
    pt: 'devolve o que recebe',
  },
  recv: {
    en: 'receive at most N bytes at a time (4096 when not said; try 1)',
    pt: 'receber no máximo N bytes de cada vez (4096 se não for dito; experimente 1)',
  },
} as const
