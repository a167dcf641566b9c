/** A text in the two languages that a person reads here. `{name}` marks a value that is put in. */
export interface Message {
  readonly en: string
  readonly pt: string
}

/** The languages of {@link Message}. */
export type Language = keyof Message

/** Every text of this package that a person reads. Ids, JSON and exit codes are never translated. */
export const messages = {
  'cannot.listen': { en: 'Cannot listen on', pt: 'Não é possível escutar em' },
  'cannot.accept': { en: 'Cannot accept on', pt: 'Não é possível aceitar em' },
  'cannot.connect': { en: 'Cannot connect to', pt: 'Não é possível conectar a' },
  'cannot.recv': { en: 'Cannot receive from', pt: 'Não é possível receber de' },
  'cannot.send': { en: 'Cannot send to', pt: 'Não é possível enviar a' },
  'cannot.close': { en: 'Cannot close', pt: 'Não é possível fechar' },

  'reason.EADDRINUSE': {
    en: 'another program is already listening there',
    pt: 'outro programa já está escutando ali',
  },
  'reason.EACCES': {
    en: 'this user may not listen on that port',
    pt: 'este usuário não tem permissão para escutar nessa porta',
  },
  'reason.EADDRNOTAVAIL': { en: 'this machine has no such address', pt: 'esta máquina não tem esse endereço' },
  'reason.ENOTFOUND': { en: 'no machine is known by that name', pt: 'nenhuma máquina é conhecida por esse nome' },
  'reason.EAI_AGAIN': {
    en: 'the name could not be looked up just now',
    pt: 'não foi possível consultar esse nome agora',
  },
  'reason.ECONNREFUSED': { en: 'nobody is listening there', pt: 'ninguém está escutando ali' },
  'reason.ECONNRESET': { en: 'the peer broke the connection off', pt: 'o outro lado derrubou a conexão' },
  'reason.ECONNABORTED': {
    en: 'the connection was broken off before it was complete',
    pt: 'a conexão foi derrubada antes de se completar',
  },
  'reason.EPIPE': {
    en: 'nothing more can be sent on this connection',
    pt: 'não se pode enviar mais nada por esta conexão',
  },
  'reason.ETIMEDOUT': { en: 'nothing came of it in the time given', pt: 'nada aconteceu no tempo dado' },
  'reason.ECANCELED': { en: 'this program called it off', pt: 'este programa desistiu' },
  'reason.EBADF': { en: 'this program has already closed it', pt: 'este programa já fechou o socket' },
  'reason.EINVAL': {
    en: 'the calls came in the wrong order: socket, bind, listen, accept',
    pt: 'as chamadas vieram fora de ordem: socket, bind, listen, accept',
  },
  'reason.EHOSTUNREACH': { en: 'there is no way to that machine', pt: 'não há caminho até essa máquina' },
  'reason.ENETUNREACH': { en: 'there is no way to that network', pt: 'não há caminho até essa rede' },
  'reason.EMFILE': { en: 'this process has no file descriptor left', pt: 'não restam descritores a este processo' },
  'reason.EMSGSIZE': {
    en: 'the peer sent a longer line than is allowed',
    pt: 'o outro lado enviou uma linha maior que o permitido',
  },
  'reason.other': { en: 'the system refused', pt: 'o sistema recusou' },

  'hint.EADDRINUSE': {
    en: 'Stop that program, or choose another port; 0 asks for any free one. One that ended within the last minute may hold it still (TIME-WAIT).',
    pt: 'Encerre aquele programa ou escolha outra porta; 0 pede qualquer uma livre. Um que terminou há menos de um minuto ainda pode ocupá-la (TIME-WAIT).',
  },
  'hint.EACCES': {
    en: 'Ports below 1024 are kept for the administrator: choose one from 1024 to 65535.',
    pt: 'As portas abaixo de 1024 são do administrador: escolha uma entre 1024 e 65535.',
  },
  'hint.EADDRNOTAVAIL': {
    en: 'Use 127.0.0.1 to be reached from this machine only, 0.0.0.0 to be reached at all its addresses.',
    pt: 'Use 127.0.0.1 para ser alcançado só desta máquina, 0.0.0.0 para atender em todos os endereços dela.',
  },
  'hint.ENOTFOUND': {
    en: 'Check the spelling, or write the address in numbers.',
    pt: 'Confira a grafia ou escreva o endereço em números.',
  },
  'hint.EAI_AGAIN': {
    en: 'Is this machine on the network? An address in numbers needs no lookup.',
    pt: 'Esta máquina está na rede? Um endereço em números dispensa a consulta.',
  },
  'hint.ECONNREFUSED': {
    en: 'Is the server running, and on this port?',
    pt: 'O servidor está rodando, e nessa porta?',
  },
  'hint.ECONNRESET': {
    en: 'The other program ended or was cut off; what it had sent before may be incomplete.',
    pt: 'O outro programa terminou ou foi interrompido; o que ele enviou antes pode estar incompleto.',
  },
  'hint.EPIPE': {
    en: 'The FIN was sent, or the peer has gone: stop sending.',
    pt: 'O FIN já foi enviado, ou o outro lado se foi: pare de enviar.',
  },
  'hint.ETIMEDOUT': {
    en: 'Give it more time, or check that the other side is there.',
    pt: 'Dê mais tempo ou verifique se o outro lado está lá.',
  },
  'hint.EBADF': {
    en: 'Look for a close() that comes before this call.',
    pt: 'Procure um close() que vem antes desta chamada.',
  },
  'hint.EINVAL': {
    en: 'Call socket(), then bind(), then listen(), then accept().',
    pt: 'Chame socket(), depois bind(), depois listen(), depois accept().',
  },
  'hint.EMFILE': {
    en: 'Close what is no longer needed, or raise the limit (ulimit -n).',
    pt: 'Feche o que não é mais usado ou aumente o limite (ulimit -n).',
  },
  'hint.EMSGSIZE': {
    en: 'Raise maxBytes, or choose what else to do with long lines (overflow).',
    pt: 'Aumente maxBytes ou escolha outra coisa a fazer com linhas longas (overflow).',
  },

  'usage.port': {
    en: 'Cannot use "{word}" as a port: it is a whole number from 0 to 65535',
    pt: 'Não é possível usar "{word}" como porta: ela é um número inteiro de 0 a 65535',
  },
  'usage.host': { en: 'Cannot use an empty host', pt: 'Não é possível usar um endereço vazio em --host' },
  'usage.extra': { en: 'Cannot make sense of "{word}"', pt: 'Não entendi "{word}"' },
  'usage.unknown': { en: 'There is no option {option}', pt: 'Não existe a opção {option}' },
  'usage.needsValue': { en: 'The option {option} needs a value', pt: 'A opção {option} precisa de um valor' },
  'usage.noValue': { en: 'The option {option} takes no value', pt: 'A opção {option} não recebe valor' },
  'usage.choice': {
    en: 'Cannot use "{word}" for {option}: choose {choices}',
    pt: 'Não é possível usar "{word}" em {option}: escolha {choices}',
  },
  'usage.count': {
    en: 'Cannot use "{word}" for {option}: it is a whole number from 1',
    pt: 'Não é possível usar "{word}" em {option}: é um número inteiro a partir de 1',
  },
  'usage.subprogram': {
    en: 'There is no program "{word}": choose {choices}',
    pt: 'Não existe o programa "{word}": escolha {choices}',
  },

  'help.usage': { en: 'Usage:', pt: 'Uso:' },
  'help.portWord': { en: 'port', pt: 'porta' },
  'help.port': {
    en: 'where to listen: 9090 when not said, 0 for any free one',
    pt: 'onde escutar: 9090 se não for dita, 0 para qualquer uma livre',
  },
  'help.host': {
    en: 'the address to listen on: 127.0.0.1 when not said; 0.0.0.0 lets other machines in',
    pt: 'o endereço em que escutar: 127.0.0.1 se não for dito; 0.0.0.0 deixa outras máquinas entrarem',
  },
  'help.trace': {
    en: 'how to tell what happens: plain when not said, lanes for --trace alone',
    pt: 'como contar o que acontece: plain se não for dito, lanes para --trace sozinho',
  },
  'help.quiet': { en: 'print the ready line only', pt: 'mostrar só a linha de que está pronto' },
  'help.lang': { en: 'the language: en or pt', pt: 'o idioma: en ou pt' },
  'help.help': { en: 'print this', pt: 'mostrar isto' },
  'help.version': { en: 'print the version', pt: 'mostrar a versão' },
  'help.serve': {
    en: 'one client and then the end, one after the other, or all at once',
    pt: 'um cliente e fim, um depois do outro, ou todos ao mesmo tempo',
  },

  'program.try': { en: 'This one is free: {command}', pt: 'Esta está livre: {command}' },
  'program.drainingOne': {
    en: 'Stopping: 1 connection has {seconds} s to finish. Once more to stop at once.',
    pt: 'Encerrando: 1 conexão tem {seconds} s para terminar. Mais uma vez para parar já.',
  },
  'program.draining': {
    en: 'Stopping: {count} connections have {seconds} s to finish. Once more to stop at once.',
    pt: 'Encerrando: {count} conexões têm {seconds} s para terminar. Mais uma vez para parar já.',
  },

  'plain.listen': { en: 'Waiting for connections on {local}', pt: 'Esperando conexões em {local}' },
  'plain.accept': { en: 'Connection from {peer}', pt: 'Conexão de {peer}' },
  'plain.connect': { en: 'Connected to {peer}', pt: 'Conectado a {peer}' },
  'plain.wait.recv': { en: 'Waiting for a message from {peer}', pt: 'Esperando mensagem de {peer}' },
  'plain.wait.send': {
    en: 'Waiting for {peer} to read what was sent',
    pt: 'Esperando {peer} ler o que foi enviado',
  },
  'plain.wait.join': { en: '{lane} waits for a thread to end', pt: '{lane} espera o fim de uma thread' },
  'plain.wait.lock': { en: '{lane} waits for a lock', pt: '{lane} espera uma trava (lock)' },
  'plain.recv': { en: 'Message: {data} ({bytes})', pt: 'Mensagem: {data} ({bytes})' },
  'plain.recvFrom': { en: 'Message from {peer}: {data} ({bytes})', pt: 'Mensagem de {peer}: {data} ({bytes})' },
  'plain.send': { en: 'Sent: {data} ({bytes})', pt: 'Enviado: {data} ({bytes})' },
  'plain.sendTo': { en: 'Sent to {peer}: {data} ({bytes})', pt: 'Enviado a {peer}: {data} ({bytes})' },
  'plain.eof': {
    en: 'Message: "" (0 bytes): {peer} has sent its last byte (EOF)',
    pt: 'Mensagem: "" (0 bytes): {peer} já enviou seu último byte (EOF)',
  },
  'plain.fin': { en: 'Nothing more to send to {peer} (FIN)', pt: 'Nada mais a enviar a {peer} (FIN)' },
  'plain.close': { en: 'Connection with {peer} closed', pt: 'Conexão com {peer} encerrada' },
  'plain.closeListener': { en: 'No more connections on {local}', pt: 'Não se aceitam mais conexões em {local}' },
  'plain.reset': { en: 'Connection with {peer} broken off (RST)', pt: 'Conexão com {peer} derrubada (RST)' },
  'plain.resetByPeer': {
    en: '{peer} broke the connection off ({code}). {hint}',
    pt: '{peer} derrubou a conexão ({code}). {hint}',
  },
  'plain.drop': { en: 'Connection from {peer} refused: {reason}', pt: 'Conexão de {peer} recusada: {reason}' },
  'plain.drops': {
    en: '{n} more connections refused, the last from {peer}: {reason}',
    pt: 'Mais {n} conexões recusadas, a última de {peer}: {reason}',
  },
  'plain.error': { en: 'Trouble with {peer}: {reason}', pt: 'Problema com {peer}: {reason}' },
  'plain.errorListener': {
    en: 'Trouble with the listener: {reason}',
    pt: 'Problema com o socket que escuta: {reason}',
  },
  'plain.threadStart': { en: 'Thread {lane} starts', pt: 'A thread {lane} começa' },
  'plain.threadEnd': { en: 'Thread {lane} ends', pt: 'A thread {lane} termina' },

  'narrator.byte': { en: '{n} byte', pt: '{n} byte' },
  'narrator.bytes': { en: '{n} bytes', pt: '{n} bytes' },
  'narrator.somebody': { en: 'connection {conn}', pt: 'conexão {conn}' },
  'narrator.fromAnotherMachine': {
    en: 'From another machine: nc {host} {port}  ({interface})',
    pt: 'De outra máquina: nc {host} {port}  ({interface})',
  },
  'narrator.noOtherMachine': {
    en: 'From another machine: not now, this one has no address on a network',
    pt: 'De outra máquina: por ora não, esta não tem endereço em nenhuma rede',
  },
  'narrator.full': {
    en: 'no room for one more connection (EMFILE). {hint}',
    pt: 'não cabe mais nenhuma conexão (EMFILE). {hint}',
  },
  'narrator.closed': { en: 'this program accepts no more', pt: 'este programa não aceita mais' },
  'narrator.lost': {
    en: 'Left out here: {n} events that came faster than they could be told',
    pt: 'Faltam aqui {n} eventos, que vieram mais depressa do que se podia contar',
  },
  'narrator.leftOutOne': {
    en: 'Left out here: 1 line that nobody read in time',
    pt: 'Falta aqui 1 linha, que ninguém leu a tempo',
  },
  'narrator.leftOut': {
    en: 'Left out here: {n} lines that nobody read in time',
    pt: 'Faltam aqui {n} linhas, que ninguém leu a tempo',
  },

  'lanes.header': {
    en: 'first the listener, then each open connection in a line of its own',
    pt: 'primeiro quem escuta, depois cada conexão aberta na sua própria linha',
  },
  'lanes.wait': { en: 'waits in {call}', pt: 'espera em {call}' },
  'lanes.lock': { en: 'waits for a lock', pt: 'espera uma trava (lock)' },
  'lanes.eof': { en: '""  {peer} has sent its last byte', pt: '""  {peer} já enviou seu último byte' },
  'lanes.fin': { en: 'nothing more to send', pt: 'nada mais a enviar' },
  'lanes.reset': { en: 'RST: this program broke it off', pt: 'RST: este programa a derrubou' },
  'lanes.moreBytes': { en: '{n} more bytes', pt: 'mais {n} bytes' },
} as const

/** The id of a text of this package. */
export type MessageId = keyof typeof messages

/**
 * The text of a message in one language, with its values put in where it says `{name}`.
 *
 * @example
 * ```ts
 * import { say } from '@fund/net-core/program'
 *
 * console.log(say({ en: '{name} left', pt: '{name} saiu' }, 'pt', { name: 'Ana' })) // Ana saiu
 * ```
 */
export function say(
  message: Message,
  language: Language,
  values: Readonly<Record<string, string | number>> = {},
): string {
  return message[language].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}
