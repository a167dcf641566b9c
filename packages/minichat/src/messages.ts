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
