/* What the loads measure with: latencies, the clocks of processes, their memory. Included once by each. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- latency histogram: 64 steps in each power of two, so a figure is right within 1.6 % ------------------------ */

static uint64_t histogram[64 * 64];
static uint64_t latencies;

static unsigned slot_of(uint64_t ns) {
  unsigned shift = ns < 128 ? 0 : 57 - (unsigned)__builtin_clzll(ns);
  return shift * 64 + (unsigned)(ns >> shift);
}

static void note_latency(uint64_t ns) {
  latencies++;
  histogram[slot_of(ns)]++;
}

static double percentile_us(double share) {
  uint64_t seen = 0, wanted = (uint64_t)(share * (double)latencies);
  for (unsigned slot = 0; slot < 64 * 64; slot++) {
    seen += histogram[slot];
    if (seen <= wanted) continue;
    unsigned shift = slot < 128 ? 0 : slot / 64 - 1; /* undo slot_of: its quotient is 64..127 once shifted */
    return ((double)(slot - shift * 64) + 0.5) * (double)(1ull << shift) / 1000.0;
  }
  return 0;
}

/* --- clocks ------------------------------------------------------------------------------------------------------ */

static uint64_t read_clock(clockid_t clock) {
  struct timespec t;
  if (clock_gettime(clock, &t) != 0) return 0;
  return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static uint64_t now(void) { return read_clock(CLOCK_MONOTONIC); }

static long status_kib(int pid, const char *field) {
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  FILE *file = fopen(path, "r");
  if (!file) return 0;
  long kib = 0;
  while (fgets(line, sizeof line, file))
    if (strncmp(line, field, strlen(field)) == 0) kib = strtol(line + strlen(field), NULL, 10);
  fclose(file);
  return kib;
}

/* Seconds the process's first thread stood ready to run while something else had its core: how disturbed a window was. */
static double waited(const char *process) {
  char path[64];
  unsigned long long ran = 0, stood = 0;
  snprintf(path, sizeof path, "/proc/%s/schedstat", process);
  FILE *file = fopen(path, "r");
  if (!file) return 0; /* a kernel without schedstat: nothing is known, so nothing is said */
  if (fscanf(file, "%llu %llu", &ran, &stood) != 2) stood = 0;
  fclose(file);
  return (double)stood / 1e9;
}

#endif
