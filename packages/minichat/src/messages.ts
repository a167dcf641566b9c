/** Every text of this package that a person reads. */
export const messages = {
  summary: {
    en: 'a room: what one client says, every client hears',
    pt: 'uma sala: o que um cliente diz, todos ouvem',
  },

  'help.model': {
    en: 'a thread for each client (threads), or a task for each and all that follows (tasks)',
    pt: 'uma thread por cliente (threads), ou uma tarefa por cliente e tudo o que segue (tasks)',
  },
  'help.threads': {
    en: 'how many clients may have a thread: 32 when not said',
    pt: 'quantos clientes podem ter uma thread: 32 se não for dito',
  },
  'help.public': {
    en: 'for strangers: short lines, few of them, names',
    pt: 'para estranhos: linhas curtas, poucas delas, nomes',
  },
  'help.names': {
    en: 'nicks, and the last 100 lines for who comes',
    pt: 'apelidos, e as últimas 100 linhas para quem chega',
  },
  'help.flood': {
    en: 'how many lines a client may say at once, and then a second',
    pt: 'quantas linhas um cliente pode dizer de uma vez, e depois por segundo',
  },
  'help.bus': {
    en: 'one room with other servers, through a Redis at redis://HOST:PORT',
    pt: 'uma só sala com outros servidores, por um Redis em redis://HOST:PORTA',
  },
  'help.metrics': {
    en: 'a page of counters on this port (Prometheus)',
    pt: 'uma página de contadores nesta porta (Prometheus)',
  },
  'usage.needsTasks': { en: '{option} needs --model tasks', pt: '{option} precisa de --model tasks' },
  'usage.flood': {
    en: 'Cannot use "{word}" for --flood: it is BURST,RATE such as 500,100, or off',
    pt: 'Não é possível usar "{word}" em --flood: é BURST,RATE, como 500,100, ou off',
  },
  'usage.metrics': {
    en: 'Cannot use "{word}" as a port for --metrics: it is a whole number from 0 to 65535',
    pt: 'Não é possível usar "{word}" como porta em --metrics: é um número inteiro de 0 a 65535',
  },
  metricsAt: { en: 'Counters at http://{address}/metrics', pt: 'Contadores em http://{address}/metrics' },

  'left.bye': { en: '{name} left (bye)', pt: '{name} saiu (tchau)' },
  'left.eof': { en: '{name} left', pt: '{name} saiu' },
  'left.lost': { en: '{name} left (connection lost)', pt: '{name} saiu (conexão perdida)' },
  'left.slow': { en: '{name} left (too slow)', pt: '{name} saiu (lento demais)' },
  'left.flood': { en: '{name} left (flood)', pt: '{name} saiu (falou demais)' },
  'left.endless': { en: '{name} left (line without an end)', pt: '{name} saiu (linha sem fim)' },
  'left.server': { en: '{name} left (their server is gone)', pt: '{name} saiu (o servidor sumiu)' },
  'left.server.many': { en: '{name} left (their server is gone)', pt: '{name} saíram (o servidor sumiu)' },
  joined: { en: '{name} joined', pt: '{name} entrou' },
  back: { en: '{name} is back', pt: '{name} voltou' },
  'back.many': { en: '{name} are back', pt: '{name} voltaram' },
  storm: { en: '{joined} joined, {left} left', pt: '{joined} entraram, {left} saíram' },
  stormJoined: { en: '{joined} joined', pt: '{joined} entraram' },
  stormLeft: { en: '{left} left', pt: '{left} saíram' },

  tooLong: {
    en: 'a line has at most {bytes} bytes: yours was not passed on',
    pt: 'uma linha tem no máximo {bytes} bytes: a sua não foi passada adiante',
  },
  endless: { en: 'no line is that long. Bye.', pt: 'nenhuma linha é tão longa. Até logo.' },
  slowDown: {
    en: 'you say too much at once: the rest comes out at {rate} lines a second',
    pt: 'você fala demais de uma vez: o resto sai a {rate} linhas por segundo',
  },
  flood: { en: 'you said too much for too long. Bye.', pt: 'você falou demais por tempo demais. Até logo.' },
  slow: { en: 'you do not read: this is where you are cut off.', pt: 'você não lê: aqui você é cortado.' },
  tooMany: {
    en: 'there are {count} connections from your address already. Bye.',
    pt: 'já há {count} conexões do seu endereço. Até logo.',
  },
  noThread: {
    en: 'all {count} threads of this room are taken. Start it with --model tasks, and it has room for thousands.',
    pt: 'todas as {count} threads desta sala estão ocupadas. Comece-a com --model tasks, e ela tem lugar para milhares.',
  },

  welcome: {
    en: 'you are {name}. :nick ANA changes that, :help says what else there is',
    pt: 'você é {name}. :nick ANA muda isso, :help diz o que mais existe',
  },
  renamed: { en: '{old} is now {name}', pt: '{old} agora é {name}' },
  badNick: {
    en: 'a nick has 1 to 16 letters, digits, _ or -',
    pt: 'um apelido tem de 1 a 16 letras, dígitos, _ ou -',
  },
  takenNick: { en: '{name} is somebody else', pt: '{name} é outra pessoa' },
  who: { en: '{count} here: {names}', pt: '{count} aqui: {names}' },
  whoMore: { en: '{names} and {count} more', pt: '{names} e mais {count}' },
  help: {
    en: ':nick NAME (your name)  :who (who is here)  :me WHAT YOU DO  :bye (leave)  :help',
    pt: ':nick NOME (seu nome)  :who (quem está aqui)  :me O QUE VOCÊ FAZ  :bye (sair)  :help',
  },

  split: {
    en: 'the room is split: others may not hear you until it is whole again',
    pt: 'a sala está partida: outros podem não ouvir você até que ela esteja inteira de novo',
  },
  whole: { en: 'the room is whole again', pt: 'a sala está inteira de novo' },
  held: {
    en: 'too much waits to be passed on: you are not read until the room is whole again',
    pt: 'há coisa demais esperando para ser passada adiante: você não é lido até que a sala esteja inteira de novo',
  },
  lost: { en: '{count} or more lines were lost here', pt: '{count} ou mais linhas se perderam aqui' },
  lostUnknown: { en: 'lines may have been lost here', pt: 'linhas podem ter se perdido aqui' },
  missed: { en: 'this is what you missed', pt: 'isto é o que você perdeu' },
  missedBefore: {
    en: 'before what you were given when you came, you missed this',
    pt: 'antes do que você recebeu ao chegar, você perdeu isto',
  },
  missedSome: {
    en: 'this is what is left of what you missed',
    pt: 'isto é o que restou do que você perdeu',
  },
  missedUnknown: {
    en: 'what you missed cannot be looked up now',
    pt: 'o que você perdeu não pode ser consultado agora',
  },
  badToken: { en: 'that token is none of this room', pt: 'essa ficha não é desta sala' },
  farewellToken: {
    en: 'the server stops. Come back in {seconds} s and begin with this line, and you miss nothing:\n:back {token}',
    pt: 'o servidor vai parar. Volte em {seconds} s e comece com esta linha, e você não perde nada:\n:back {token}',
  },
  farewell: {
    en: 'the server stops, and what was said here ends with it. Come back in {seconds} s',
    pt: 'o servidor vai parar, e o que foi dito aqui acaba com ele. Volte em {seconds} s',
  },
  badBusUrl: {
    en: 'Cannot use "{url}" as a bus: it is an address such as redis://127.0.0.1:6379',
    pt: 'Não é possível usar "{url}" como barramento: é um endereço como redis://127.0.0.1:6379',
  },
  redisClientMissing: {
    en: 'A room on many machines needs the package @redis/client, which is not installed. Install it with: npm install @redis/client@6',
    pt: 'Uma sala em muitas máquinas precisa do pacote @redis/client, que não está instalado. Instale-o com: npm install @redis/client@6',
  },
  brokerRefuses: {
    en: 'The broker is there, but refuses: {reason}',
    pt: 'O broker está lá, mas recusa: {reason}',
  },
} as const

/** The id of a text of this package. */
export type MessageId = keyof typeof messages
