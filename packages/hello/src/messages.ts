/** Every text of this package that a person reads. */
export const messages = {
  summary: {
    en: 'greets the peer that connects, and closes',
    pt: 'cumprimenta quem se conecta e fecha',
  },
  scoped: {
    en: 'run hello2.ts, where `await using` closes, in the place of hello.ts',
    pt: 'rodar hello2.ts, em que `await using` fecha, no lugar de hello.ts',
  },
} as const
