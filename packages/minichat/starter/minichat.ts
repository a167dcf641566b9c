/*
 * O servidor escuta na porta que o primeiro argumento diz (9090 se não houver) e atende vários clientes ao mesmo tempo: de
 * cada linha que um deles envia, todos os que estão conectados recebem uma cópia, também quem a enviou. Quem envia só
 * `:bye` tem sua conexão fechada, e os outros são avisados de que saiu.
 *
 * The server listens on the port that its first argument says (9090 when there is none) and serves several clients at
 * the same time: of each line that one of them sends, everybody who is connected gets a copy, the sender as well. Who
 * sends `:bye` alone has its connection closed, and the others are told that it left.
 */
