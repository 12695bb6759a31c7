import {
  ABSENCE_MS,
  eventually,
  expectEqual,
  expectRejection,
  expectThat,
  Unsupported,
} from './expectation.ts';
import { freshNumber, randomBytes, sha256 } from './server.ts';

/** Cases about sessions of WebTransport, whose certificate is told by its hash. */
export const WEB_TRANSPORT = {
  'wt-session': async () => {
    const { session } = await open('/wt/echo');
    session.close();
    await session.closed;
  },

  'wt-other-hash': async () => {
    const session = new WebTransport(`https://${location.host}/wt/echo`, {
      serverCertificateHashes: [{ algorithm: 'sha-256', value: new Uint8Array(32) }],
    });
    session.closed.catch(() => {});
    await expectRejection('a session with another certificate', session.ready);
  },

  'wt-refused': async () => {
    await expectRejection('a session at an unknown path', open('/wt/nothing'));
  },

  'wt-two-sessions': async () => {
    const sessions = await Promise.all([open('/wt/echo'), open('/wt/echo')]);
    for (const [index, { session }] of sessions.entries())
      expectEqual('the echo', await echo(session, encode(`session ${index}`)), `session ${index}`);
    for (const { session } of sessions) session.close();
  },

  'wt-echo-8mb': async () => {
    const { session } = await open('/wt/echo');
    const bytes = randomBytes(8_000_000);
    const stream = await session.createBidirectionalStream();
    const [received] = await Promise.all([
      collect(stream.readable as ReadableStream<Bytes>),
      sendAll(stream.writable as WritableStream<Bytes>, bytes),
    ]);
    expectEqual('the checksum', await sha256(received), await sha256(bytes));
    session.close();
  },

  'wt-bidirectional-100': async () => {
    const { session } = await open('/wt/echo');
    const wanted = Array.from({ length: 100 }, (_, index) => `stream ${index}`);
    const echoes = await inTurns(wanted, (text) => echo(session, encode(text)));
    expectEqual('the echoes', echoes, wanted);
    session.close();
  },

  'wt-unidirectional-100': async () => {
    const { session } = await open('/wt/echo');
    const wanted = Array.from({ length: 100 }, (_, index) => `stream ${index}`);
    const arrives = echoesOf(session);
    // Firefox opens no waiting stream once there is room again, so that the page must not go beyond the server's limit.
    const echoes = await inTurns(wanted, async (text) => {
      await say(session, text);
      return arrives(text);
    });
    expectEqual('the echoes', echoes, wanted);
    session.close();
  },

  'wt-server-streams': async () => {
    const { session } = await open('/wt/open');
    const [both, one] = await Promise.all([
      textsOf(
        (session.incomingBidirectionalStreams as ReadableStream<WebTransportBidirectionalStream>).pipeThrough(
          new TransformStream<WebTransportBidirectionalStream, ReadableStream<Bytes>>({
            transform: ({ readable, writable }, controller) => {
              void writable.close().catch(() => {});
              controller.enqueue(readable as ReadableStream<Bytes>);
            },
          }),
        ),
        100,
      ),
      textsOf(session.incomingUnidirectionalStreams as ReadableStream<ReadableStream<Bytes>>, 100),
    ]);
    const named = (name: string): string[] =>
      Array.from({ length: 100 }, (_, index) => `${name} ${index}`).sort();
    expectEqual('streams both ways', both, named('both'));
    expectEqual('streams one way', one, named('one'));
    session.close();
  },

  'wt-datagrams': async () => {
    const { session } = await open('/wt/echo');
    const arrived = new Set<string>();
    void listenTo(session, (text) => void arrived.add(text));
    const writer = writerOf(session);
    const wanted = Array.from({ length: 20 }, (_, index) => `datagram ${index}`);
    // One may be lost, and is sent again then.
    await eventually('all datagrams', async () => {
      for (const text of wanted) if (!arrived.has(text)) await writer.write(encode(text));
      return wanted.every((text) => arrived.has(text)) ? true : undefined;
    });
    session.close();
  },

  'wt-server-datagrams': async () => {
    const { session } = await open('/wt/datagrams');
    const arrived = new Set<string>();
    void listenTo(session, (text) => void arrived.add(text));
    await eventually('twenty datagrams of the server', () => (arrived.size >= 20 ? true : undefined));
    expectThat(
      [...arrived].every((text) => /^datagram \d+$/.test(text)),
      'another datagram arrived',
    );
    session.close();
  },

  'wt-datagram-size': async () => {
    const { session } = await open('/wt/echo');
    const { maxDatagramSize } = session.datagrams;
    expectThat(maxDatagramSize >= 1000, `datagrams of ${maxDatagramSize} bytes at most`);
    let largest = 0;
    void listenTo(session, (text) => void (largest = Math.max(largest, text.length)));
    const writer = writerOf(session);
    await eventually('a datagram of 1000 bytes', async () => {
      await writer.write(encode('x'.repeat(1000)));
      return largest === 1000 ? true : undefined;
    });
    session.close();
  },

  'wt-reset-by-page': async () => {
    const { session, number } = await open('/wt/codes');
    const { writer } = await begin(session, 'p');
    await writer.abort(errorWith(42));
    expectEqual('the code', await codeSeen(number, 'reset'), 42);
    session.close();
  },

  'wt-stop-by-page': async () => {
    const { session, number } = await open('/wt/codes');
    const { reader, writer } = await begin(session, 'p');
    await reader.cancel(errorWith(43));
    const code = await codeSeen(number, 'stopped', ABSENCE_MS).catch(async (error: unknown) => {
      const { stop_sending: came = 0 } = await framesOf(number);
      if (came > 0) throw error;
      throw new Unsupported('a page that cancels sends nothing: the server has received no STOP_SENDING');
    });
    expectEqual('the code', code, 43);
    await writer.close();
    session.close();
  },

  'wt-reset-by-server': async () => {
    const { session } = await open('/wt/codes');
    const { reader, writer } = await begin(session, 'R');
    await writer.write(encode('now'));
    const error = await expectRejection('reading', drain(reader));
    if (!(error instanceof WebTransportError)) throw new Unsupported(`it tells no code: ${String(error)}`);
    expectEqual('the code', error.streamErrorCode, 42);
    session.close();
  },

  'wt-stop-by-server': async () => {
    const { session } = await open('/wt/codes');
    const { writer } = await begin(session, 'S');
    await writer.write(encode('now'));
    const error = await expectRejection('writing', writer.closed);
    expectEqual('the code', (error as WebTransportError).streamErrorCode, 43);
    session.close();
  },

  'wt-close-by-page': async () => {
    const { session, number } = await open('/wt/quiet');
    session.close({ closeCode: 9, reason: 'done' });
    const { closed } = await eventuallySession('the end of it', number, (seen) => seen.closed !== null);
    expectEqual('what the server was told', closed, { closeCode: 9, reason: 'done' });
  },

  'wt-close-by-server': async () => {
    const { session } = await open('/wt/close');
    // What it says may end with the session.
    void say(session, 'now').catch(() => {});
    const { closeCode, reason } = await session.closed;
    expectEqual('what the page was told', { closeCode, reason }, { closeCode: 7, reason: 'bye' });
  },

  'wt-protocol': async () => {
    const { session, number } = await open('/wt/quiet', { protocols: ['one', 'two'] });
    if (!('protocol' in session)) throw new Unsupported('the browser negotiates no protocol');
    expectEqual('the protocol', session.protocol, 'two');
    const seen = await eventuallySession('the session', number, () => true);
    expectEqual('that of the server', seen.protocol, 'two');
    session.close();
  },

  'wt-drain': async () => {
    const { session } = await open('/wt/drain');
    const told = (session as { draining?: Promise<unknown> }).draining;
    await say(session, 'now');
    await told;
    // It goes on until somebody closes it.
    expectEqual('the echo', await echo(session, encode('still')), 'still');
    session.close();
    if (told === undefined)
      throw new Unsupported('the browser tells its page nothing of it; the session goes on');
  },

  'wt-page-leaves': async () => {
    const frame = document.createElement('iframe');
    const number = freshNumber();
    frame.src = `/?number=${number}-frame`;
    document.body.append(frame);
    await new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
    const theirs = frame.contentWindow as unknown as { openSession: (number: string) => Promise<void> };
    await theirs.openSession(number);
    const before = await framesOf(number);
    frame.remove();
    await eventuallySession('the end of it', number, ({ closed }) => closed !== null, ABSENCE_MS).catch(
      async (error: unknown) => {
        const after = await framesOf(number);
        const came = Object.keys(after).filter(
          (type) => after[type] !== before[type] && !KEEPING.includes(type),
        );
        if (came.length > 0) throw new Error(`${String(error)}: ${came.join(', ')} came`);
        throw new Unsupported(
          `a frame that goes sends nothing: since then the server has received ${KEEPING.join(', ')} alone`,
        );
      },
    );
  },
};

/** Frames by which a browser keeps a connection. RFC 9000 §13.2, §10.1.2 */
const KEEPING = ['ack', 'ping', 'padding'];

type Bytes = Uint8Array<ArrayBuffer>;

/** What the server says of a session. */
interface SeenSession {
  readonly protocol: string;
  readonly closed: unknown;
  readonly codes: readonly { readonly what: string; readonly code: number | null }[];
  /** How often the browser has sent each type of frame on the connection. */
  readonly frames: Readonly<Record<string, number>>;
}

/** A session that is ready. */
async function open(
  path: string,
  options: { protocols?: string[] } = {},
  number: string = freshNumber(),
): Promise<{ session: WebTransport; number: string }> {
  const value = new Uint8Array(await (await fetch('/hash', { cache: 'no-store' })).arrayBuffer());
  const init = { serverCertificateHashes: [{ algorithm: 'sha-256', value }], ...options };
  const session = new WebTransport(`https://${location.host}${path}?number=${number}`, init);
  session.closed.catch(() => {});
  await session.ready;
  return { session, number };
}

Object.assign(globalThis, {
  /** For a frame that goes away with its session. */
  openSession: async (number: string) => {
    await open('/wt/quiet', {}, number);
  },
});

function eventuallySession(
  what: string,
  number: string,
  isEnough: (seen: SeenSession) => boolean,
  patienceMs?: number,
): Promise<SeenSession> {
  const ask = async (): Promise<SeenSession | undefined> => {
    const response = await fetch(`/seen-session?of=${number}`, { cache: 'no-store' });
    const seen = response.status === 200 ? ((await response.json()) as SeenSession) : undefined;
    return seen !== undefined && isEnough(seen) ? seen : undefined;
  };
  return eventually(what, ask, patienceMs);
}

/** What the server has received on the connection of a session by now. */
async function framesOf(number: string): Promise<Readonly<Record<string, number>>> {
  return (await eventuallySession('the session', number, () => true)).frames;
}

async function codeSeen(
  number: string,
  what: string,
  patienceMs?: number,
): Promise<number | null | undefined> {
  const has = ({ codes }: SeenSession): boolean => codes.some((one) => one.what === what);
  const { codes } = await eventuallySession(`that the stream was ${what}`, number, has, patienceMs);
  return codes.find((one) => one.what === what)?.code;
}

/** A stream of which the server has this byte, and has sent it back. */
async function begin(
  session: WebTransport,
  byte: string,
): Promise<{ reader: ReadableStreamDefaultReader<Bytes>; writer: WritableStreamDefaultWriter<Bytes> }> {
  const stream = await session.createBidirectionalStream();
  const [reader, writer] = [
    (stream.readable as ReadableStream<Bytes>).getReader(),
    (stream.writable as WritableStream<Bytes>).getWriter(),
  ];
  writer.closed.catch(() => {});
  await writer.write(encode(byte));
  const { value } = await reader.read();
  expectEqual('the first byte', new TextDecoder().decode(value), byte);
  return { reader, writer };
}

/** As browsers construct it: the standard has the message first now. */
function errorWith(streamErrorCode: number): WebTransportError {
  const Constructor = WebTransportError as unknown as new (options: object) => WebTransportError;
  return new Constructor({ message: 'given up', streamErrorCode });
}

function encode(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/** Sends a text on a stream of its own. */
async function say(session: WebTransport, text: string): Promise<void> {
  await sendAll((await session.createUnidirectionalStream()) as WritableStream<Bytes>, encode(text));
}

async function echo(session: WebTransport, bytes: Bytes): Promise<string> {
  const stream = await session.createBidirectionalStream();
  await sendAll(stream.writable as WritableStream<Bytes>, bytes);
  return textOf(stream.readable as ReadableStream<Bytes>);
}

async function sendAll(writable: WritableStream<Bytes>, bytes: Bytes): Promise<void> {
  const writer = writable.getWriter();
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
    await writer.write(bytes.subarray(at, at + CHUNK_BYTES));
  await writer.close();
}

const CHUNK_BYTES = 65_536;

async function collect(readable: ReadableStream<Bytes>): Promise<ArrayBuffer> {
  const chunks: Bytes[] = [];
  const reader = readable.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value);
  return new Blob(chunks).arrayBuffer();
}

async function textOf(readable: ReadableStream<Bytes>): Promise<string> {
  return new TextDecoder().decode(await collect(readable));
}

async function drain(reader: ReadableStreamDefaultReader<Bytes>): Promise<void> {
  while (!(await reader.read()).done);
}

/** The contents of so many streams, sorted. Each is read as it comes, so that there is room for the next. */
async function textsOf(streams: ReadableStream<ReadableStream<Bytes>>, count: number): Promise<string[]> {
  const texts: Promise<string>[] = [];
  const reader = streams.getReader();
  while (texts.length < count) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`${texts.length} streams came instead of ${count}`);
    texts.push(textOf(value));
  }
  return (await Promise.all(texts)).sort();
}

/** Reads the streams one way of a server that echoes, and makes a promise of the text that was sent. */
function echoesOf(session: WebTransport): (text: string) => Promise<string> {
  const waiting = new Map<string, () => void>();
  const read = async (stream: ReadableStream<Bytes>): Promise<void> => waiting.get(await textOf(stream))?.();
  const reader = (session.incomingUnidirectionalStreams as ReadableStream<ReadableStream<Bytes>>).getReader();
  const readAll = async (): Promise<void> => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) void read(next.value);
  };
  readAll().catch(() => {});
  return (text) => new Promise((resolve) => void waiting.set(text, () => resolve(text)));
}

/** Forty at once: Chromium opens no more streams than the server allows at the time, and fails then. */
async function inTurns<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE)
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(act))));
  return results;
}

const AT_ONCE = 40;

async function listenTo({ datagrams }: WebTransport, tell: (text: string) => void): Promise<void> {
  const reader = (datagrams.readable as ReadableStream<Bytes>).getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read())
      tell(new TextDecoder().decode(next.value));
  } catch {
    // The session is over.
  }
}

/** Of the standard, or of what browsers had before. */
function writerOf({ datagrams }: WebTransport): WritableStreamDefaultWriter<Bytes> {
  const { createWritable, writable } = datagrams as unknown as {
    createWritable?: () => WritableStream<Bytes>;
    writable: WritableStream<Bytes>;
  };
  return (createWritable?.call(datagrams) ?? writable).getWriter();
}
