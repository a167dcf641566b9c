/** Every text of this package that a person reads. */
export const messages = {
  summary: {
    en: 'a room: what one client says, every client hears',
    pt: 'uma sala: o que um cliente diz, todos ouvem',
  },
  left: {
    en: 'left',
    pt: 'saiu',
  },
  tooLong: {
    en: '* A line has at most 64 KiB. Bye.',
    pt: '* Uma linha tem no máximo 64 KiB. Até logo.',
  },
} as const
