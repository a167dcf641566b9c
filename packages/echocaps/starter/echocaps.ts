/*
 * O servidor escuta na porta que o primeiro argumento diz (9090 se não houver) e devolve a cada cliente o que ele envia,
 * em letras maiúsculas, até o cliente ter enviado seu último byte.
 *
 * The server listens on the port that its first argument says (9090 when there is none) and sends each client back what
 * it sends, in capital letters, until the client has sent its last byte.
 */
