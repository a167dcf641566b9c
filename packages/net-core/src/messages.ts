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

  'hint.EADDRINUSE': {
    en: 'Stop that program, or choose another port; port 0 asks for any free one.',
    pt: 'Encerre aquele programa ou escolha outra porta; a porta 0 pede qualquer uma livre.',
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
} as const

/** The id of a text of this package. */
export type MessageId = keyof typeof messages

/** The text of a message in one language, with its values put in. */
export function say(
  message: Message,
  language: Language,
  values: Readonly<Record<string, string | number>> = {},
): string {
  return message[language].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}
