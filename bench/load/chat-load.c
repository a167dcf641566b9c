/*
 * The load of `pnpm bench chat`, in a process of its own so that its work is never counted as the server's.
 *
 *   chat-load HOST PORTS plain|irc CLIENTS SENDERS WINDOW RATE BYTES STUCK WARMUP_SECONDS SECONDS SERVER_PIDS
 *
 * CLIENTS are in one room, whose servers are at PORTS (one, or several with commas between): each client takes the next
 * server. The first SENDERS of them say lines of BYTES bytes, the LF counted: with RATE 0 each as fast as its WINDOW of lines
 * on their way allows (one is on its way until the client after the senders has heard it), else RATE lines a second
 * together, whatever comes back. Every client reads all it gets; STUCK more connect and never read.
 *
 * It begins when everybody hears everybody, and after the window it waits until every client has every line, for 5 s: what is
 * missing then is lost. One line of JSON. The servers' CPU is read at the edges of the window, from the process clocks of all
 * of SERVER_PIDS; the memory is that of the first.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"

enum { MAX_SERVERS = 8, MAX_CLIENTS = 12000, MAX_LINE = 4096, BATCH = 1024, INBOX = 1 << 20, OBSERVERS = 16 };

struct client {
  int fd;
  uint64_t lines;                  /* lines of senders that it has heard */
  char begun[MAX_LINE];            /* the beginning of a line, where it is looked at */
  unsigned has;
  int is_observer, is_inside, is_notice; /* inside a line; one that the room says itself */
  uint64_t said, heard_back;       /* of a sender */
  char *out;                       /* of a sender: what the system did not take */
  size_t out_from, out_to;
};

static struct client clients[MAX_CLIENTS];
static char inbox[INBOX];
static int poller, count, senders, window_lines, rate, bytes, is_irc, lost_connections;
static uint64_t deliveries, said_total;
static char first_error[200];
static enum { BARRIER, WARMING, MEASURING, DRAINING } phase = BARRIER;

static void die(const char *what) {
  fprintf(stderr, "chat-load: Cannot %s: %s\n", what, strerror(errno));
  exit(1);
}

static void lose(struct client *c, const char *why) {
  if (!first_error[0]) snprintf(first_error, sizeof first_error, "client %d: %s", (int)(c - clients), why);
  lost_connections++;
  close(c->fd);
  c->fd = -1;
}

/* --- the servers ------------------------------------------------------------------------------------------------- */

static struct sockaddr_in addresses[MAX_SERVERS];
static clockid_t clocks[MAX_SERVERS];
static int address_count, clock_count;

static void read_servers(const char *host, char *ports, char *pids) {
  for (char *word = strtok(ports, ","); word && address_count < MAX_SERVERS; word = strtok(NULL, ",")) {
    struct sockaddr_in *address = &addresses[address_count++];
    address->sin_family = AF_INET;
    address->sin_port = htons((uint16_t)atoi(word));
    if (inet_pton(AF_INET, host, &address->sin_addr) != 1) die("read the address");
  }
  for (char *word = strtok(pids, ","); word && clock_count < MAX_SERVERS; word = strtok(NULL, ",")) {
    if ((errno = clock_getcpuclockid(atoi(word), &clocks[clock_count++])) != 0) die("read the server's process clock");
  }
}

static uint64_t server_cpu(void) {
  uint64_t ns = 0;
  for (int i = 0; i < clock_count; i++) ns += read_clock(clocks[i]);
  return ns;
}

/* --- what senders say -------------------------------------------------------------------------------------------- */

static void push(struct client *c) {
  while (c->fd >= 0 && c->out_from < c->out_to) {
    ssize_t n = send(c->fd, c->out + c->out_from, c->out_to - c->out_from, MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) {
      struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
      epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
      return;
    }
    if (n < 0) return lose(c, strerror(errno));
    c->out_from += (size_t)n;
  }
  c->out_from = c->out_to = 0;
}

/* A line: who says it, when, and filling. "## " in the place of who is the barrier's, which counts for nothing. */
static void say(struct client *c, int who, size_t room) {
  char line[MAX_LINE];
  int head = is_irc ? snprintf(line, sizeof line, "PRIVMSG #c :") : 0;
  if (who < 0)
    snprintf(line + head, sizeof line - (size_t)head, "## ");
  else
    snprintf(line + head, sizeof line - (size_t)head, "%02d %016llx ", who, (unsigned long long)now());
  size_t length = strlen(line);
  size_t end = (size_t)bytes - (is_irc ? 2 : 1);
  if (end < length) end = length;
  memset(line + length, 'x', end - length);
  if (is_irc) line[end++] = '\r';
  line[end++] = '\n';
  if (c->out_to + end > room) return;
  memcpy(c->out + c->out_to, line, end);
  c->out_to += end;
  if (who >= 0) {
    c->said++;
    said_total++;
  }
}

static size_t out_room(void) { return (size_t)(window_lines > 64 ? window_lines : 64) * MAX_LINE; }

static void fill_window(struct client *c) {
  while (c->said - c->heard_back < (uint64_t)window_lines) say(c, (int)(c - clients), out_room());
  push(c);
}

/* --- what clients hear ------------------------------------------------------------------------------------------- */

static void look_at(struct client *c, const char *line, unsigned length) {
  const char *text = line;
  if (is_irc) {
    const char *sign = memmem(line, length, " :", 2);
    if (!sign || !memmem(line, length, " PRIVMSG ", 9)) return;
    text = sign + 2;
  }
  if (length - (unsigned)(text - line) < 20 || text[0] == '#') return;
  int who = (text[0] - '0') * 10 + (text[1] - '0');
  if (who < 0 || who >= senders) return;
  if (c == &clients[senders]) clients[who].heard_back++;
  if (phase == MEASURING) note_latency(now() - strtoull(text + 3, NULL, 16));
}

static void hear(struct client *c, const char *data, size_t length) {
  while (length > 0) {
    const char *end = memchr(data, '\n', length);
    size_t piece = end ? (size_t)(end - data) + 1 : length;
    if (!c->is_inside) c->is_notice = data[0] == '*';
    c->is_inside = end == NULL;
    if (c->is_observer) {
      size_t kept = piece < MAX_LINE - c->has ? piece : MAX_LINE - c->has;
      memcpy(c->begun + c->has, data, kept);
      c->has += (unsigned)kept;
    }
    if (end) {
      c->lines += !c->is_notice;
      if (phase == MEASURING) deliveries += !c->is_notice;
      if (c->is_observer) {
        look_at(c, c->begun, c->has);
        c->has = 0;
      }
    }
    data += piece;
    length -= piece;
  }
}

static void pull(struct client *c) {
  ssize_t n = recv(c->fd, inbox, sizeof inbox, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n < 0) return lose(c, strerror(errno));
  if (n == 0) return lose(c, "the server closed the connection");
  hear(c, inbox, (size_t)n);
}

/* --- connecting -------------------------------------------------------------------------------------------------- */

static int open_socket(int number) {
  const struct sockaddr_in *address = &addresses[number % address_count];
  for (int tries = 0; tries < 200; tries++) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) die("open a socket");
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0) return fd;
    if (errno != ECONNREFUSED) die("connect to the server");
    close(fd); /* it may say that it is ready a moment too early */
    usleep(20000);
  }
  die("connect to the server");
  return -1;
}

static void enter_irc(int fd, int number) {
  char text[200], got[4096];
  int length = snprintf(text, sizeof text, "NICK u%05d\r\nUSER u 0 * :u\r\nJOIN #c\r\n", number);
  if (send(fd, text, (size_t)length, MSG_NOSIGNAL) != length) die("register");
  struct timeval patience = {.tv_sec = 10};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  size_t kept = 0;
  while (1) {
    ssize_t n = recv(fd, got + kept, sizeof got - kept - 1, 0);
    if (n <= 0) die("join the channel");
    kept += (size_t)n;
    got[kept] = 0;
    if (strstr(got, " 366 ")) return;
    if (kept > 2000) {
      memmove(got, got + kept - 20, 20);
      kept = 20;
    }
  }
}

static void watch(struct client *c) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  if (fcntl(c->fd, F_SETFL, O_NONBLOCK) != 0) die("make a socket non-blocking");
  if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event) != 0) die("watch a connection");
}

static void turn(int ms) {
  static struct epoll_event events[BATCH];
  int n = epoll_wait(poller, events, BATCH, ms);
  for (int i = 0; i < n; i++) {
    struct client *c = events[i].data.ptr;
    if (c->fd >= 0 && events[i].events & EPOLLOUT) {
      struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
      epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
      push(c);
    }
    if (c->fd >= 0 && events[i].events & ~(uint32_t)EPOLLOUT) pull(c);
  }
}

/* Everybody has heard a line that the last one said: everybody is in. */
static void meet(void) {
  uint64_t end = now() + 60000000000ull;
  int all = is_irc ? count - 1 : count; /* there nobody hears what they say themselves */
  for (int in = 0; in < all;) {
    if (now() > end) {
      errno = ETIMEDOUT;
      die("get everybody into the room");
    }
    say(&clients[count - 1], -1, 1 << 16);
    push(&clients[count - 1]);
    uint64_t next = now() + 100000000ull;
    while (now() < next && in < all) {
      turn(10);
      for (in = 0; in < all && clients[in].lines > 0; in++)
        if (clients[in].fd < 0) die("stay in the room");
    }
  }
  for (uint64_t quiet = now() + 300000000ull; now() < quiet;) { /* what is left of it */
    uint64_t before = 0, after = 0;
    for (int i = 0; i < count; i++) before += clients[i].lines;
    turn(50);
    for (int i = 0; i < count; i++) after += clients[i].lines;
    if (after != before) quiet = now() + 300000000ull;
  }
  for (int i = 0; i < count; i++) clients[i].lines = 0;
}

int main(int argc, char **argv) {
  if (argc != 13) {
    fprintf(stderr, "usage: chat-load HOST PORTS plain|irc CLIENTS SENDERS WINDOW RATE BYTES STUCK WARMUP SECONDS PIDS\n");
    return 2;
  }
  is_irc = strcmp(argv[3], "irc") == 0;
  count = atoi(argv[4]), senders = atoi(argv[5]), window_lines = atoi(argv[6]), rate = atoi(argv[7]);
  bytes = atoi(argv[8]);
  int stuck = atoi(argv[9]), server = atoi(argv[12]);
  double warmup = atof(argv[10]), seconds = atof(argv[11]);
  if (count <= senders || count > MAX_CLIENTS || senders < 1 || senders > 99 || bytes < 24 || bytes > 1024 || stuck > 500) {
    fprintf(stderr, "chat-load: more clients than senders, at most %d; lines of 24 to 1024 bytes\n", MAX_CLIENTS);
    return 2;
  }
  read_servers(argv[1], argv[2], argv[12]);
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  alarm((unsigned)(warmup + seconds) + 120); /* whatever happens, this process ends */

  poller = epoll_create1(EPOLL_CLOEXEC);
  if (poller < 0) die("make an epoll");
  long rss_empty = status_kib(server, "VmRSS:");
  uint64_t join_began = now(), join_cpu = server_cpu();
  for (int i = 0; i < stuck; i++) {
    int fd = open_socket(i);
    if (is_irc) enter_irc(fd, 90000 + i);
  }
  for (int i = 0; i < count; i++) {
    struct client *c = &clients[i];
    c->fd = open_socket(i);
    if (is_irc) enter_irc(c->fd, i);
    int on = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    c->is_observer = i == senders || (rate > 0 && i % (count / OBSERVERS + 1) == 0);
    if (i < senders || i == count - 1) c->out = malloc(out_room() + (1 << 16));
    watch(c);
  }
  meet();
  double join_seconds = (double)(now() - join_began) / 1e9;
  double join_cpu_seconds = (double)(server_cpu() - join_cpu) / 1e9;
  long rss_joined = status_kib(server, "VmRSS:");

  phase = WARMING;
  uint64_t edge = now() + (uint64_t)(warmup * 1e9), began = 0, ended = 0, cpu = 0, own = 0, rated = 0, start = now();
  double server_waited = 0, own_waited = 0;
  long rss = 0, peak = 0;
  if (rate == 0)
    for (int i = 0; i < senders; i++) fill_window(&clients[i]);
  while (phase != DRAINING) {
    turn(rate > 0 ? 1 : 100);
    uint64_t at = now();
    if (rate == 0) {
      for (int i = 0; i < senders; i++) {
        struct client *c = &clients[i];
        if (c->fd >= 0 && c->out_to == 0 && c->said - c->heard_back <= (uint64_t)window_lines / 2) fill_window(c);
      }
    } else {
      for (uint64_t due = (at - start) * (uint64_t)rate / 1000000000ull; rated < due; rated++) {
        struct client *c = &clients[rated % (uint64_t)senders];
        if (c->fd < 0) continue;
        say(c, (int)(c - clients), out_room());
        push(c);
      }
    }
    if (at < edge) continue;
    uint64_t server_time = server_cpu(), own_time = read_clock(CLOCK_PROCESS_CPUTIME_ID);
    if (phase == WARMING) {
      cpu = server_time, own = own_time, began = now();
      server_waited = waited(argv[12]), own_waited = waited("self");
      edge = began + (uint64_t)(seconds * 1e9);
      phase = MEASURING;
    } else {
      cpu = server_time - cpu, own = own_time - own, ended = now();
      server_waited = waited(argv[12]) - server_waited, own_waited = waited("self") - own_waited;
      rss = status_kib(server, "VmRSS:"), peak = status_kib(server, "VmHWM:");
      phase = DRAINING;
    }
  }
  uint64_t missing = 1;
  for (uint64_t end = now() + 5000000000ull; missing > 0 && now() < end;) {
    turn(20);
    missing = 0;
    for (int i = 0; i < count; i++)
      if (clients[i].fd >= 0 && !(is_irc && i < senders) && clients[i].lines < said_total) missing += said_total - clients[i].lines;
  }

  printf("{\"deliveries\":%llu,\"lines\":%llu,\"seconds\":%.6f,\"p50Us\":%.2f,\"p99Us\":%.2f,", (unsigned long long)deliveries,
         (unsigned long long)said_total, (double)(ended - began) / 1e9, percentile_us(0.50), percentile_us(0.99));
  printf("\"serverCpuSeconds\":%.6f,\"loadCpuSeconds\":%.6f,\"serverWaitedSeconds\":%.6f,\"loadWaitedSeconds\":%.6f,",
         (double)cpu / 1e9, (double)own / 1e9, server_waited, own_waited);
  printf("\"joinSeconds\":%.6f,\"joinCpuSeconds\":%.6f,\"emptyRssKiB\":%ld,\"joinedRssKiB\":%ld,\"rssKiB\":%ld,\"peakRssKiB\":%ld,",
         join_seconds, join_cpu_seconds, rss_empty, rss_joined, rss, peak);
  printf("\"missing\":%llu,\"lostConnections\":%d,\"firstError\":\"%s\"}\n", (unsigned long long)missing, lost_connections,
         first_error);
  return 0;
}
