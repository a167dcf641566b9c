/*
 * O servidor escuta na porta que o primeiro argumento diz (9090 se não houver) e responde a um pedido HTTP por conexão,
 * só com sockets. A um método que não é GET ele responde 405. A `GET /` responde 200 com um pequeno texto em UTF-8 que diz
 * de qual recurso ele é; a `GET` de um arquivo da pasta em que foi iniciado, 200 com o arquivo e seu tipo; a qualquer
 * outra coisa, 404. As linhas do pedido terminam em "\r\n" ou só em "\n".
 *
 * The server listens on the port that its first argument says (9090 when there is none) and answers one HTTP request for
 * each connection, with nothing but sockets. A method that is not GET is answered 405. `GET /` is answered 200 with a
 * small UTF-8 text that says which resource it is; `GET` of a file in the folder where the server was started, 200 with
 * the file and its type; anything else, 404. The request's lines end in "\r\n" or in "\n" alone.
 */
