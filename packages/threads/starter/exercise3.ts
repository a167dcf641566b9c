/*
 * Os dois contadores de mthreads, criados primeiro e iniciados em outro momento: as duas linhas que dizem que foram criados
 * vêm antes do primeiro número.
 *
 * The two counters of mthreads, made first and started at another moment: the two lines that say that they were made come
 * before the first number.
 */
