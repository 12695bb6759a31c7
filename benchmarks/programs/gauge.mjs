import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Memory of this process beyond a baseline, and delays of its event loop. Needs --expose-gc. */
export class Gauge {
  #histogram = monitorEventLoopDelay({ resolution: 1 });
  #baseline = { liveBytes: 0, heapBytes: 0, externalBytes: 0, rssBytes: 0 };

  /** What lives now counts as nothing. */
  async begin() {
    this.#baseline = await memory();
    this.#histogram.enable();
    this.#histogram.reset();
  }

  /** Milliseconds that the event loop was late since the last question; a timer of 1 ms is part of it. */
  delay() {
    const [p50, p99, max] = [50, 99, 100].map((part) => this.#histogram.percentile(part) / 1e6);
    this.#histogram.reset();
    return { p50, p99, max };
  }

  async findings() {
    const now = await memory();
    const beyond = Object.keys(now).map((name) => [name, now[name] - this.#baseline[name]]);
    this.#histogram.reset();
    return Object.fromEntries(beyond);
  }
}

/** Bytes that live, garbage apart. `external` has the array buffers in it. */
async function memory() {
  // Finalizers run between collections, and free what the next one finds.
  for (let round = 0; round < 3; round++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { liveBytes: heapUsed + external, heapBytes: heapUsed, externalBytes: external, rssBytes: rss };
}
