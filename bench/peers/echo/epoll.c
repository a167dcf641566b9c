/*
 * An echo server in C: one thread, one epoll, a system call for each read and each write. It is the floor: what the
 * kernel itself costs, with next to nothing on top.
 *
 *   epoll PORT
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 1 << 16, BATCH = 1024 };

struct client {
  int fd;
  size_t held, given; /* what the kernel would not take: bytes given..held of `rest` */
  char *rest;
};

static int poller;

static void die(const char *what) {
  fprintf(stderr, "Cannot %s: %s\n", what, strerror(errno));
  exit(1);
}

static void leave(struct client *c) {
  close(c->fd);
  free(c->rest);
  free(c);
}

/* While bytes are held back, nothing more is read: a peer that does not read is not read from either. */
static void watch(struct client *c, int operation, unsigned what) {
  struct epoll_event event = {.events = what, .data.ptr = c};
  if (epoll_ctl(poller, operation, c->fd, &event) != 0) die("watch a socket");
}

/* Gives the number of bytes the kernel took, or -1 when the connection is lost. */
static ssize_t give(int fd, const char *bytes, size_t count) {
  size_t done = 0;
  while (done < count) {
    ssize_t n = send(fd, bytes + done, count - done, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) return -1;
    done += (size_t)n;
  }
  return (ssize_t)done;
}

static void on_readable(struct client *c) {
  static char buffer[ROOM];
  ssize_t n = recv(c->fd, buffer, sizeof buffer, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return leave(c);
  ssize_t done = give(c->fd, buffer, (size_t)n);
  if (done < 0) return leave(c);
  if (done == n) return;
  if (!c->rest && !(c->rest = malloc(ROOM))) die("hold bytes back");
  c->given = 0;
  c->held = (size_t)(n - done);
  memcpy(c->rest, buffer + done, c->held);
  watch(c, EPOLL_CTL_MOD, EPOLLOUT);
}

static void on_writable(struct client *c) {
  ssize_t done = give(c->fd, c->rest + c->given, c->held - c->given);
  if (done < 0) return leave(c);
  c->given += (size_t)done;
  if (c->given == c->held) watch(c, EPOLL_CTL_MOD, EPOLLIN);
}

static void on_connection(int listener) {
  int fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    struct client *c = calloc(1, sizeof *c);
    if (!c) die("remember a client");
    c->fd = fd;
    watch(c, EPOLL_CTL_ADD, EPOLLIN);
  }
}

int main(int argc, char **argv) {
  int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 0))};
  socklen_t length = sizeof address;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) die("bind");
  if (listen(listener, 511) != 0) die("listen");
  getsockname(listener, (struct sockaddr *)&address, &length);
  poller = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[BATCH];
  if (poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event) != 0) die("make an epoll");
  printf("Waiting for connections on 127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    int n = epoll_wait(poller, events, BATCH, -1);
    for (int i = 0; i < n; i++) {
      struct client *c = events[i].data.ptr;
      if (!c) on_connection(listener);
      else if (c->rest && c->given < c->held) on_writable(c);
      else on_readable(c);
    }
  }
}
