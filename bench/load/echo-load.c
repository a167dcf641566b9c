/*
 * The load of `pnpm bench echo`, in a process of its own so that its work is never counted as the server's.
 *
 *   echo-load HOST PORT CONNECTIONS BYTES WARMUP_SECONDS SECONDS SERVER_PID
 *
 * Every connection plays ping-pong: one message out, the same bytes back, the next message. All connections are
 * served by one epoll loop. After the warm-up it measures one window and prints one line of JSON.
 *
 * The server's CPU is read here, from its process clock, at the very edges of the window: that clock counts all
 * threads in nanoseconds, where /proc/PID/stat counts in hundredths of a second.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"

enum { MAX_CONNECTIONS = 1000, MAX_BYTES = 1 << 20, BATCH = 1024, PATTERN = 1 << 16, STEP = 4099, SPARE = 64 };

struct connection {
  int fd;
  uint32_t from; /* where in the pattern this message begins */
  uint32_t sent;
  uint32_t got;
  int wants_room; /* asked epoll for EPOLLOUT */
  uint64_t began;
};

static unsigned char pattern[PATTERN + MAX_BYTES];
static unsigned char inbox[MAX_BYTES + SPARE];
static uint32_t size;
static int poller, alive;
static uint64_t errors;
static char first_error[200];

static void die(const char *what) {
  fprintf(stderr, "echo-load: Cannot %s: %s\n", what, strerror(errno));
  exit(1);
}

/* --- one connection ---------------------------------------------------------------------------------------------- */

static void give_up(struct connection *c, const char *why) {
  errors++;
  if (!first_error[0]) snprintf(first_error, sizeof first_error, "%s", why);
  close(c->fd);
  c->fd = -1;
  alive--;
}

static void want_room(struct connection *c, int wanted) {
  if (c->wants_room == wanted) return;
  struct epoll_event event = {.events = EPOLLIN | (wanted ? EPOLLOUT : 0), .data.ptr = c};
  epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
  c->wants_room = wanted;
}

static void push(struct connection *c) {
  while (c->sent < size) {
    ssize_t n = send(c->fd, pattern + c->from + c->sent, size - c->sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return want_room(c, 1);
    if (n < 0) return give_up(c, strerror(errno));
    c->sent += (uint32_t)n;
  }
  want_room(c, 0);
}

static void begin_message(struct connection *c, uint64_t at) {
  c->from = (c->from + STEP) % PATTERN;
  c->sent = c->got = 0;
  c->began = at;
  push(c);
}

enum phase { WARMING, MEASURING, DRAINING };

static void pull(struct connection *c, enum phase phase) {
  /* a little more room than is due, so that bytes nobody asked for are seen */
  ssize_t n = recv(c->fd, inbox, size - c->got + SPARE, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n < 0) return give_up(c, strerror(errno));
  if (n == 0) return give_up(c, "the server closed the connection");
  if (c->got + (uint64_t)n > c->sent) return give_up(c, "more bytes came back than were sent");
  if (memcmp(inbox, pattern + c->from + c->got, (size_t)n) != 0) return give_up(c, "other bytes came back");
  c->got += (uint32_t)n;
  if (c->got < size) return;
  if (phase == DRAINING) {
    close(c->fd); /* nothing is under way on it, so the server sees an end and not a reset */
    c->fd = -1;
    alive--;
    return;
  }
  uint64_t at = now();
  if (phase == MEASURING) {
    note_latency(at - c->began);
  }
  begin_message(c, at);
}

static void one_event(struct epoll_event *event, enum phase phase) {
  struct connection *c = event->data.ptr;
  if (event->events & EPOLLOUT) push(c);
  if (c->fd >= 0 && event->events & ~(uint32_t)EPOLLOUT) pull(c, phase);
}

/* Connects and waits for one echo before the next connects: a burst would overflow the backlog of a server that
   accepts slowly, and the kernel would then repeat the SYN a whole second later. */
static void open_connection(struct connection *c, const struct sockaddr_in *address, uint32_t index) {
  int on = 1;
  struct timeval patience = {.tv_sec = 5};
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (c->fd < 0) die("open a socket");
  if (connect(c->fd, (const struct sockaddr *)address, sizeof *address) != 0) die("connect to the server");
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  c->from = index * 97 % PATTERN;
  unsigned char back;
  if (send(c->fd, pattern + c->from, 1, MSG_NOSIGNAL) != 1) die("send the first byte");
  if (recv(c->fd, &back, 1, 0) != 1) die("get the first byte back");
  if (back != pattern[c->from]) {
    errno = EPROTO;
    die("recognise the first byte that came back");
  }
}

static void watch(struct connection *c) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  if (fcntl(c->fd, F_SETFL, O_NONBLOCK) != 0) die("make a socket non-blocking");
  if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event) != 0) die("watch a connection");
}

int main(int argc, char **argv) {
  if (argc != 8) {
    fprintf(stderr, "usage: echo-load HOST PORT CONNECTIONS BYTES WARMUP_SECONDS SECONDS SERVER_PID\n");
    return 2;
  }
  int count = atoi(argv[3]), server = atoi(argv[7]);
  size = (uint32_t)atoi(argv[4]);
  double warmup = atof(argv[5]), seconds = atof(argv[6]);
  if (count < 1 || count > MAX_CONNECTIONS || size < 1 || size > MAX_BYTES || warmup < 0 || seconds <= 0) {
    fprintf(stderr, "echo-load: at most %d connections, of 1 to %d bytes\n", MAX_CONNECTIONS, MAX_BYTES);
    return 2;
  }
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
  if (inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) {
    fprintf(stderr, "echo-load: %s is not an IPv4 address\n", argv[1]);
    return 2;
  }
  clockid_t server_clock;
  if ((errno = clock_getcpuclockid(server, &server_clock)) != 0) die("read the server's process clock");
  alarm((unsigned)(warmup + seconds) + 30); /* whatever happens, this process ends */

  uint32_t random = 2463534242u;
  for (size_t i = 0; i < sizeof pattern; i++) {
    random ^= random << 13, random ^= random >> 17, random ^= random << 5;
    pattern[i] = (unsigned char)random;
  }

  static struct connection connections[MAX_CONNECTIONS];
  static struct epoll_event events[BATCH];
  poller = epoll_create1(EPOLL_CLOEXEC);
  if (poller < 0) die("make an epoll");
  for (int i = 0; i < count; i++) open_connection(&connections[i], &address, (uint32_t)i);
  for (int i = 0; i < count; i++) watch(&connections[i]);
  alive = count;

  enum phase phase = WARMING;
  uint64_t edge = now() + (uint64_t)(warmup * 1e9), began = 0, ended = 0, cpu = 0, own = 0;
  double server_waited = 0, own_waited = 0;
  long rss = 0, peak = 0;
  for (int i = 0; i < count; i++) begin_message(&connections[i], now());
  while (alive > 0) {
    int n = epoll_wait(poller, events, BATCH, 100);
    if (now() >= edge) {
      if (phase == DRAINING) break;
      uint64_t server_time = read_clock(server_clock), own_time = read_clock(CLOCK_PROCESS_CPUTIME_ID);
      if (phase == WARMING) {
        cpu = server_time;
        own = own_time;
        server_waited = waited(argv[7]);
        own_waited = waited("self");
        began = now();
        edge = began + (uint64_t)(seconds * 1e9);
        phase = MEASURING;
      } else {
        cpu = server_time - cpu;
        own = own_time - own;
        ended = now();
        server_waited = waited(argv[7]) - server_waited;
        own_waited = waited("self") - own_waited;
        rss = status_kib(server, "VmRSS:");
        peak = status_kib(server, "VmHWM:");
        edge = ended + 5000000000ull; /* what has not come back by then never will */
        phase = DRAINING;
      }
    }
    for (int i = 0; i < n; i++) one_event(&events[i], phase);
  }
  if (alive > 0) {
    errors += (uint64_t)alive;
    if (!first_error[0]) snprintf(first_error, sizeof first_error, "a message did not come back within 5 s");
  }
  if (!ended) ended = now(); /* every connection was lost before the window closed */
  if (!began) began = ended;

  printf("{\"requests\":%llu,\"seconds\":%.6f,\"p50Us\":%.2f,\"p99Us\":%.2f,",
         (unsigned long long)latencies, (double)(ended - began) / 1e9, percentile_us(0.50), percentile_us(0.99));
  printf("\"serverCpuSeconds\":%.6f,\"loadCpuSeconds\":%.6f,\"serverWaitedSeconds\":%.6f,\"loadWaitedSeconds\":%.6f,",
         (double)cpu / 1e9, (double)own / 1e9, server_waited, own_waited);
  printf("\"rssKiB\":%ld,\"peakRssKiB\":%ld,\"errors\":%llu,\"firstError\":\"%s\"}\n", rss, peak,
         (unsigned long long)errors, first_error);
  return 0;
}
