"""The same as start-threads.ts of @fund/threading with CPython's threads: start_threads.py <n>."""
import json, sys, threading, time


def rss():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def wait_for_all(started, go):
    started.release()
    go.wait()


count = int(sys.argv[1])
started, go = threading.Semaphore(0), threading.Event()
before, cpu, start = rss(), time.process_time(), time.perf_counter()
threads = [threading.Thread(target=wait_for_all, args=(started, go)) for _ in range(count)]
for thread in threads:
    thread.start()
for thread in threads:
    started.acquire()
ms = (time.perf_counter() - start) * 1000
print(json.dumps({"ms": ms, "cpuMs": (time.process_time() - cpu) * 1000, "rssMiB": rss() - before}))
go.set()
