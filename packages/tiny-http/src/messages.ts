/** Every text of this package that a person reads, beside the answers themselves. */
export const messages = {
  summary: {
    en: 'an HTTP server for the files of a folder',
    pt: 'um servidor HTTP para os arquivos de uma pasta',
  },
  dir: {
    en: 'the folder whose files it gives: the one you are in when not said',
    pt: 'a pasta cujos arquivos ele entrega: aquela em que você está se não for dita',
  },
  noFolder: {
    en: 'There is no folder',
    pt: 'Não existe a pasta',
  },
  'listing.empty': { en: 'Nothing here.', pt: 'Nada aqui.' },
  'listing.cut': { en: 'Only the first names are shown.', pt: 'Só os primeiros nomes aparecem.' },
  'log.cut': { en: 'cut off', pt: 'interrompida' },
} as const
