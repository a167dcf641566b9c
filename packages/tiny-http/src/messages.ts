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
  plain: {
    en: 'run the small server that is there to be read',
    pt: 'rodar o servidor pequeno, que existe para ser lido',
  },
  noList: {
    en: 'do not show what is in a folder without an index.html',
    pt: 'não mostrar o que há numa pasta sem index.html',
  },
  spa: {
    en: 'answer with /index.html where there is nothing: for an application of a single page',
    pt: 'responder com /index.html onde não há nada: para uma aplicação de página única',
  },
  cors: {
    en: 'let scripts of pages from elsewhere read the files',
    pt: 'deixar scripts de páginas de outros lugares lerem os arquivos',
  },
  workers: {
    en: 'so many processes share the work; a SIGHUP replaces them one by one',
    pt: 'tantos processos dividem o trabalho; um SIGHUP os troca um a um',
  },
  trust: {
    en: 'milliseconds for which a file is given without a look whether it has changed: none when not said',
    pt: 'milissegundos em que um arquivo é entregue sem olhar se mudou: nenhum se não for dito',
  },
  maxConnections: {
    en: 'connections at a time, of each process: 10000 when not said; one more is answered with 503',
    pt: 'conexões ao mesmo tempo, de cada processo: 10000 se não for dito; a que passar disso recebe 503',
  },
  headTimeout: {
    en: 'seconds for the head of a request to come: 10 when not said',
    pt: 'segundos para chegar o cabeçalho de um pedido: 10 se não for dito',
  },
  idleTimeout: {
    en: 'seconds that a connection stays open for the next request: 5 when not said',
    pt: 'segundos que uma conexão fica aberta à espera do próximo pedido: 5 se não for dito',
  },
  ready: {
    en: 'Waiting for connections on {address} (the files of {folder})',
    pt: 'Esperando conexões em {address} (os arquivos de {folder})',
  },
  readyWorkers: {
    en: 'Waiting for connections on {address} (the files of {folder}, {count} workers)',
    pt: 'Esperando conexões em {address} (os arquivos de {folder}, {count} processos)',
  },
  fromAnotherMachine: {
    en: 'From another machine: http://{address}/  ({interface})',
    pt: 'De outra máquina: http://{address}/  ({interface})',
  },
  noOtherMachine: {
    en: 'From another machine: not now, this one has no address on a network',
    pt: 'De outra máquina: por ora não, esta não tem endereço em nenhuma rede',
  },
  onePlain: {
    en: 'The options --plain and {option} do not go together',
    pt: 'As opções --plain e {option} não combinam',
  },
  oneProcess: {
    en: 'The options --trace and --workers do not go together: what is told is of one process',
    pt: 'As opções --trace e --workers não combinam: o que se conta é de um processo só',
  },
  workerDied: {
    en: 'Process {pid} has ended ({reason}); another takes its place',
    pt: 'O processo {pid} terminou ({reason}); outro toma o seu lugar',
  },
  rolled: {
    en: 'All processes have been replaced',
    pt: 'Todos os processos foram trocados',
  },
  rollFailed: {
    en: 'The new process could not begin ({reason}); those that run go on',
    pt: 'O processo novo não conseguiu começar ({reason}); os que já rodam continuam',
  },
  lostLines: {
    en: 'Left out here: {n} lines that came faster than they could be told',
    pt: 'Faltam aqui {n} linhas, que vieram mais depressa do que se podia contar',
  },
  'listing.empty': { en: 'Nothing here.', pt: 'Nada aqui.' },
  'listing.cut': { en: 'Only the first names are shown.', pt: 'Só os primeiros nomes aparecem.' },
  'log.cut': { en: 'cut off', pt: 'interrompida' },
} as const
