/** Every text of this package that a person reads. */
export const messages = {
  summary: {
    en: 'sends back what it receives, in capitals',
    pt: 'devolve o que recebe, em maiúsculas',
  },
} as const
