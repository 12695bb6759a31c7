// What the JavaScript programs of the baselines share. A server prints `listening on HOST:PORT`. A client connects and warms
// up, prints `ready`, reads a line, works, prints its result as JSON, and stays until its standard input ends: processor
// time of both sides is read from outside between these lines.
import process from 'node:process';
import { createInterface } from 'node:readline';

/** A stream's first 8 bytes ask for so many bytes back, once all of the stream has come. draft-banks-quic-performance-00 */
export function encodeLength(length) {
  const head = new Uint8Array(8);
  const view = new DataView(head.buffer);
  view.setUint32(0, Math.floor(length / 2 ** 32));
  view.setUint32(4, length % 2 ** 32);
  return head;
}

export function decodeLength(head) {
  const view = new DataView(head.buffer, head.byteOffset);
  return view.getUint32(0) * 2 ** 32 + view.getUint32(4);
}

/** What comes on a stream: the length that it asks for, and how many bytes followed. */
export class Request {
  #head = new Uint8Array(8);
  #headLength = 0;
  bytes = 0;

  take(chunk) {
    const missing = Math.min(8 - this.#headLength, chunk.length);
    this.#head.set(chunk.subarray(0, missing), this.#headLength);
    this.#headLength += missing;
    this.bytes += chunk.length;
  }

  get length() {
    return decodeLength(this.#head);
  }
}

const CHUNK = new Uint8Array(65_536);

/** Zeros in chunks. */
export function* zeros(length) {
  for (let left = length; left > 0; left -= CHUNK.length)
    yield left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
}

/**
 * Do what the arguments `WORK PORT CA …` ask for over a stack's `open({ port, ca, kind })`, which resolves to
 * `{ exchange(up, down), close() }`. `exchange` sends so many bytes and resolves to the number that came back.
 */
export async function runClient(open, [work, port, ca, ...sizes]) {
  const [first = 0, second = ''] = sizes;
  const way = { port: Number(port), ca };
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const run = await WORKS[work](open, way, Number(first), second);
  console.log('ready');
  await lines.next();
  const begun = performance.now();
  const done = await run();
  console.log(JSON.stringify({ seconds: (performance.now() - begun) / 1000, done }));
  await lines.next();
  process.exit(0);
}

const WARM_TIMES = Number(process.env.BASELINE_WARM ?? 1);
const WARM_BYTES = Math.round(4_000_000 * WARM_TIMES);
const WARM_REQUESTS = Math.round(300 * WARM_TIMES);
const WARM_HANDSHAKES = Math.round(30 * WARM_TIMES);

const WORKS = {
  async download(open, way, bytes) {
    const connection = await open(way);
    await checked(connection, 0, WARM_BYTES);
    return () => checked(connection, 0, bytes);
  },
  async upload(open, way, bytes) {
    const connection = await open(way);
    await checked(connection, WARM_BYTES, 0);
    return async () => {
      await checked(connection, bytes, 0);
      return bytes;
    };
  },
  async requests(open, way, count, parallel) {
    const connection = await open(way);
    const all = async (total) => {
      let begun = 0;
      const one = async () => {
        while (begun++ < total) await checked(connection, 0, 1024);
      };
      await Promise.all(Array.from({ length: Number(parallel) }, one));
      return total;
    };
    await all(WARM_REQUESTS);
    return () => all(count);
  },
  async handshakes(open, way, count, kind) {
    const all = async (total) => {
      for (let i = 0; i < total; i++) {
        const connection = await open({ ...way, kind });
        // Its answer comes after the ticket, which the next one may need.
        await checked(connection, 0, 1);
        await connection.close();
      }
      return total;
    };
    await all(WARM_HANDSHAKES);
    return () => all(count);
  },
  async idle(open, way, count) {
    const held = [];
    const one = async () => {
      const connection = await open(way);
      await checked(connection, 0, 1000);
      held.push(connection);
    };
    return async () => {
      while (held.length < count)
        await Promise.all(Array.from({ length: Math.min(20, count - held.length) }, one));
      globalThis.held = held;
      return held.length;
    };
  },
};

async function checked(connection, up, down) {
  const received = await connection.exchange(up, down);
  if (received !== down) throw new Error(`${received} bytes came instead of ${down}`);
  return received;
}
