/*
 * A room in C: one thread, one epoll. What comes in one turn of the loop goes to every client in one write, as our room does
 * it. It is the floor: what the kernel itself costs, with next to nothing on top.
 *
 *   broadcast PORT
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_CLIENTS = 65536, CHUNK = 1 << 16, BATCH = 1024, QUEUE = 256 << 10, MAX_LINE = 1 << 16 };

struct client {
  int fd;
  char *begun; /* the beginning of a line */
  size_t has;
  char *rest; /* what the kernel would not take */
  size_t rest_from, rest_to;
};

static struct client *members[MAX_CLIENTS];
static int count, poller;
static char *said;
static size_t said_bytes, said_room;

static void die(const char *what) {
  fprintf(stderr, "Cannot %s: %s\n", what, strerror(errno));
  exit(1);
}

static void say(const char *bytes, size_t length) {
  if (said_bytes + length > said_room) {
    said_room = 2 * (said_bytes + length);
    said = realloc(said, said_room);
    if (!said) die("hold what was said");
  }
  memcpy(said + said_bytes, bytes, length);
  said_bytes += length;
}

static void leave(struct client *c) {
  close(c->fd);
  c->fd = -1; /* taken out of the list at the end of the turn */
}

static void sweep(void) {
  int kept = 0;
  for (int i = 0; i < count; i++) {
    struct client *c = members[i];
    if (c->fd >= 0) {
      members[kept++] = c;
      continue;
    }
    free(c->begun);
    free(c->rest);
    free(c);
  }
  count = kept;
}

static void want_room(struct client *c, int wanted) {
  struct epoll_event event = {.events = EPOLLIN | (wanted ? EPOLLOUT : 0), .data.ptr = c};
  epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
}

static void give(struct client *c) {
  size_t done = 0;
  if (c->rest_to == c->rest_from) {
    ssize_t n = send(c->fd, said, said_bytes, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) return leave(c);
    done = n < 0 ? 0 : (size_t)n;
    if (done == said_bytes) return;
    c->rest_from = c->rest_to = 0;
    want_room(c, 1);
  }
  size_t left = said_bytes - done, queued = c->rest_to - c->rest_from;
  if (queued > QUEUE) return leave(c); /* it does not read */
  char *rest = malloc(queued + left);
  if (!rest) die("hold what a client does not take");
  memcpy(rest, c->rest + c->rest_from, queued);
  memcpy(rest + queued, said + done, left);
  free(c->rest);
  c->rest = rest;
  c->rest_from = 0;
  c->rest_to = queued + left;
}

static void on_room(struct client *c) {
  ssize_t n = send(c->fd, c->rest + c->rest_from, c->rest_to - c->rest_from, MSG_NOSIGNAL);
  if (n < 0) {
    if (errno != EAGAIN) leave(c);
    return;
  }
  c->rest_from += (size_t)n;
  if (c->rest_from < c->rest_to) return;
  free(c->rest);
  c->rest = NULL;
  c->rest_from = c->rest_to = 0;
  want_room(c, 0);
}

static void on_readable(struct client *c) {
  static char chunk[CHUNK];
  ssize_t n = recv(c->fd, chunk, sizeof chunk, 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) return leave(c);
  char *end = memrchr(chunk, '\n', (size_t)n);
  size_t whole = end ? (size_t)(end - chunk) + 1 : 0;
  if (whole > 0) {
    say(c->begun, c->has);
    c->has = 0;
    say(chunk, whole);
  }
  size_t rest = (size_t)n - whole;
  if (rest == 0) return;
  if (c->has + rest > MAX_LINE) return leave(c);
  c->begun = realloc(c->begun, c->has + rest);
  if (!c->begun) die("hold a line");
  memcpy(c->begun + c->has, chunk + whole, rest);
  c->has += rest;
}

int main(int argc, char **argv) {
  int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 0))};
  socklen_t length = sizeof address;
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) die("bind");
  if (listen(listener, 511) != 0) die("listen");
  getsockname(listener, (struct sockaddr *)&address, &length);
  printf("Waiting for connections on 127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  poller = epoll_create1(0);
  struct epoll_event listening = {.events = EPOLLIN, .data.ptr = NULL}, events[BATCH];
  if (poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, listener, &listening) != 0) die("make an epoll");
  while (1) {
    int n = epoll_wait(poller, events, BATCH, -1), has_left = 0;
    said_bytes = 0;
    for (int i = 0; i < n; i++) {
      struct client *c = events[i].data.ptr;
      if (!c) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (fd < 0) continue;
        if (count == MAX_CLIENTS || !(c = calloc(1, sizeof *c))) {
          close(fd);
          continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        c->fd = fd;
        members[count++] = c;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
        continue;
      }
      if (c->fd >= 0 && events[i].events & EPOLLOUT) on_room(c);
      if (c->fd >= 0 && events[i].events & ~(unsigned)EPOLLOUT) on_readable(c);
    }
    for (int i = 0; i < count && said_bytes > 0; i++)
      if (members[i]->fd >= 0) give(members[i]);
    for (int i = 0; i < count && !has_left; i++) has_left = members[i]->fd < 0;
    if (has_left) sweep();
  }
}
