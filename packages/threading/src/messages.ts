import type { ThreadErrorId } from './lib/thread-error.ts'

/** A text in the two languages that a person reads here. `{name}` marks a value that is put in. */
export interface Message {
  readonly en: string
  readonly pt: string
}

/** The languages of {@link Message}. */
export type Language = keyof Message

/** A sentence for each failure, and mends for those that have one. */
export type Messages = Readonly<Record<ThreadErrorId | 'died', Message> & { [mend: `hint.${string}`]: Message }>

/**
 * Every text of this package that a person reads: what failed and why, and under `hint.` with the same id, the mend. By a
 * function, so that a thread in which nothing fails does without them (0.3 MB).
 */
export function messages(): Messages {
  return {
    started: {
      en: 'Cannot start {thread}: it was started before',
      pt: 'Não é possível iniciar {thread}: ela já foi iniciada',
    },
    'hint.started': {
      en: 'A thread runs once: make a new one.',
      pt: 'Uma thread roda uma vez só: crie outra.',
    },
    settled: {
      en: 'Cannot change the {what} of {thread}: it was started',
      pt: 'Não é possível mudar {what} de {thread}: ela já foi iniciada',
    },
    'hint.settled': { en: 'Set it before start().', pt: 'Defina antes do start().' },
    loading: {
      en: 'Cannot start {thread}: this file is only being loaded by a thread, which looks for its target here',
      pt: 'Não é possível iniciar {thread}: este arquivo só está sendo carregado por uma thread, que procura nele o que rodar',
    },
    'hint.loading': {
      en: 'Put what the main program does under `if (isMain(import.meta.url))`.',
      pt: 'Ponha o que o programa principal faz dentro de `if (isMain(import.meta.url))`.',
    },
    nothing: {
      en: 'Cannot start {thread}: it has nothing to run',
      pt: 'Não é possível iniciar {thread}: ela não tem o que rodar',
    },
    'hint.nothing': {
      en: 'Give it a function, new Thread(work), or extend Thread and override run().',
      pt: 'Dê uma função, new Thread(trabalho), ou estenda Thread e sobrescreva run().',
    },
    nameless: {
      en: 'Cannot start {thread}: its target has no name, and a thread finds its target by name',
      pt: 'Não é possível iniciar {thread}: o que ela deve rodar não tem nome, e é pelo nome que uma thread o encontra',
    },
    'hint.nameless': {
      en: 'Make it a function with a name, at the top level of its file, and export it.',
      pt: 'Faça dele uma função com nome, fora de qualquer outra, e exporte-a.',
    },
    homeless: {
      en: 'Cannot start {thread}: {target} is in no file that a thread could load ({file})',
      pt: 'Não é possível iniciar {thread}: {target} não está em nenhum arquivo que uma thread possa carregar ({file})',
    },
    'hint.homeless': {
      en: 'Put it into a file and export it, or write register(import.meta.url, {target}) there.',
      pt: 'Ponha em um arquivo e exporte, ou escreva register(import.meta.url, {target}) nele.',
    },
    oneFile: {
      en: 'Cannot start {thread}: {target} is bundled into one file with @fund/threading, where a thread cannot find it',
      pt: 'Não é possível iniciar {thread}: {target} está no mesmo arquivo que @fund/threading (bundle), onde uma thread não o encontra',
    },
    'hint.oneFile': {
      en: 'Write register(import.meta.url, {target}) below it, at the top level.',
      pt: 'Escreva register(import.meta.url, {target}) logo abaixo, fora de qualquer função.',
    },
    missing: {
      en: 'Cannot find {target} in {file}: it is not exported, or it was made inside another function',
      pt: 'Não é possível encontrar {target} em {file}: falta exportar, ou foi criado dentro de outra função',
    },
    'hint.missing': {
      en: 'Export it: write `export` before it, or register(import.meta.url, {target}) below it, at the top level.',
      pt: 'Exporte: escreva `export` antes, ou register(import.meta.url, {target}) logo abaixo, fora de qualquer função.',
    },
    noUrl: {
      en: 'Cannot register {target}: import.meta.url is empty',
      pt: 'Não é possível registrar {target}: import.meta.url está vazio',
    },
    'hint.noUrl': {
      en: 'Bundle as an ES module; a CommonJS bundle needs a shim for import.meta.url.',
      pt: 'Gere o bundle como módulo ES; um bundle CommonJS precisa de um substituto para import.meta.url.',
    },
    refused: {
      en: 'Cannot start {thread}: the system has no room for one more thread',
      pt: 'Não é possível iniciar {thread}: o sistema não tem lugar para mais uma thread',
    },
    'hint.refused': {
      en: 'Let others end first, or raise the limits (ulimit -u, ulimit -v).',
      pt: 'Deixe outras terminarem antes, ou aumente os limites (ulimit -u, ulimit -v).',
    },
    notStarted: {
      en: 'Cannot join {thread}: it was never started',
      pt: 'Não é possível esperar {thread} (join): ela nunca foi iniciada',
    },
    'hint.notStarted': { en: 'Call start() first.', pt: 'Chame start() antes.' },
    self: {
      en: 'Cannot join {thread}: it would wait for its own end, for ever',
      pt: 'Não é possível esperar {thread} (join): ela esperaria por si mesma, para sempre',
    },
    'hint.self': { en: 'Join it from another thread.', pt: 'Chame join() em outra thread.' },
    main: {
      en: 'Cannot join main: the process ends with it',
      pt: 'Não é possível esperar main (join): o processo termina com ela',
    },
    'hint.main': { en: 'Wait for an Event that main sets.', pt: 'Espere um Event que main ativa (set).' },
    died: {
      en: 'It ended without a word, most likely out of memory',
      pt: 'Ela terminou sem aviso, provavelmente por falta de memória',
    },
    'hint.died': {
      en: 'Give it more: new Thread({ resourceLimits: { maxOldGenerationSizeMb } }, …).',
      pt: 'Dê mais a ela: new Thread({ resourceLimits: { maxOldGenerationSizeMb } }, …).',
    },
    private: {
      en: 'Cannot use the # fields of {target} in a thread: they do not travel there',
      pt: 'Não é possível usar os campos com # de {target} em uma thread: eles não viajam para lá',
    },
    'hint.private': {
      en: 'Make them fields without #, or set them in run().',
      pt: 'Use campos sem #, ou dê valor a eles em run().',
    },
    copy: {
      en: 'Cannot copy {what} between threads: {reason}',
      pt: 'Não é possível copiar {what} entre threads: {reason}',
    },
    'hint.copy': {
      en: 'Pass plain data, make a function a method, share what is to be shared: Lock, Event, Queue, Barrier, SharedList.',
      pt: 'Passe dados simples, faça da função um método, compartilhe o que for para compartilhar: Lock, Event, Queue, Barrier, SharedList.',
    },
    unknownKind: {
      en: 'Cannot take over a {kind}: nothing in this thread knows that class',
      pt: 'Não é possível receber um {kind}: nada nesta thread conhece essa classe',
    },
    'hint.unknownKind': {
      en: 'Import the package it comes from in this thread too.',
      pt: 'Importe também nesta thread o pacote de onde ele vem.',
    },
    notHeld: {
      en: 'Cannot release the lock: nobody holds it',
      pt: 'Não é possível soltar a trava (lock): ninguém a tem',
    },
    'hint.notHeld': {
      en: 'Release it once for each acquire(), or write `using _ = lock.acquire()`.',
      pt: 'Solte uma vez para cada acquire(), ou escreva `using _ = lock.acquire()`.',
    },
    empty: {
      en: 'Cannot get from the queue: nothing came in {timeout} ms',
      pt: 'Não é possível tirar da fila: nada chegou em {timeout} ms',
    },
    full: {
      en: 'Cannot put into the queue: there was no room for {timeout} ms',
      pt: 'Não é possível pôr na fila: não houve lugar por {timeout} ms',
    },
    closed: {
      en: 'Cannot put into the queue: it is closed',
      pt: 'Não é possível pôr na fila: ela está fechada',
    },
    tooBig: {
      en: 'Cannot put {bytes} bytes into the queue: it has {room}',
      pt: 'Não é possível pôr {bytes} bytes na fila: ela tem {room}',
    },
    'hint.tooBig': {
      en: 'Make it bigger: new Queue({ bytes }).',
      pt: 'Faça uma fila maior: new Queue({ bytes }).',
    },
    late: {
      en: 'Cannot pass the barrier: not everybody came in {timeout} ms',
      pt: 'Não é possível passar a barreira: nem todos chegaram em {timeout} ms',
    },
    broken: {
      en: 'Cannot pass the barrier: it is broken',
      pt: 'Não é possível passar a barreira: ela está quebrada',
    },
    'hint.broken': {
      en: 'Somebody gave up waiting, or called abort() or reset(); reset() makes it whole again.',
      pt: 'Alguém desistiu de esperar, ou chamou abort() ou reset(); reset() a refaz.',
    },
    listFull: {
      en: 'Cannot add to the list: it holds {capacity} numbers already',
      pt: 'Não é possível acrescentar à lista: ela já tem {capacity} números',
    },
    'hint.listFull': {
      en: 'Make it bigger: new SharedList({ capacity }).',
      pt: 'Faça uma lista maior: new SharedList({ capacity }).',
    },
    otherSize: {
      en: 'Cannot open the {kind} "{name}" with {asked}: it was made with {made}',
      pt: 'Não é possível abrir {kind} "{name}" com {asked}: foi criado com {made}',
    },
    'hint.otherSize': {
      en: 'Say the same in every place, or leave it out in all but one.',
      pt: 'Diga o mesmo em todo lugar, ou só em um deles.',
    },
    noMemory: {
      en: 'Cannot make the {kind} "{name}": the memory for what has a name is used up',
      pt: 'Não é possível criar {kind} "{name}": acabou a memória para o que tem nome',
    },
    'hint.noMemory': {
      en: 'What has a name lives as long as the process: name few things, and pass the others as arguments.',
      pt: 'O que tem nome vive tanto quanto o processo: dê nome a poucas coisas e passe as outras como argumento.',
    },
  }
}

/** The text of a message in one language, with its values put in. */
export function say(
  message: Message,
  language: Language,
  values: Readonly<Record<string, string | number>> = {},
): string {
  return message[language].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}
