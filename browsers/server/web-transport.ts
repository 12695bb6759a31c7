import type { Http3Extension } from 'tsquic/http3';
import {
  type WebTransportBidirectionalStream,
  webTransport,
  WebTransportError,
  type WebTransportServerSession,
} from '@tsquic/webtransport';

import type { FrameCounts, SeenFrames } from './seen-frames.ts';

/** What the server has seen of a session, which its page asks for. */
export interface SeenSession {
  protocol: string;
  /** How the page has closed it. */
  closed: unknown;
  /** Codes with which the page has reset or stopped streams. */
  readonly codes: { readonly what: 'reset' | 'stopped'; readonly code: number | null }[];
  /** What the page's browser has sent on the connection since the session began. */
  readonly frames: FrameCounts;
}

/** Sessions by the number that their pages gave them. */
export type SeenSessions = Map<string, SeenSession>;

/** WebTransport at the paths of `MANNERS`. */
export function createWebTransport(sessions: SeenSessions, frames: SeenFrames): Http3Extension {
  return webTransport(
    (session) => {
      const { searchParams, pathname } = new URL(session.request.url);
      const seen: SeenSession = {
        ...{ protocol: session.protocol, closed: null, codes: [] },
        frames: frames.count(session.connection.logId),
      };
      sessions.set(searchParams.get('number') ?? '', seen);
      session.closed.then(
        (info) => void (seen.closed = info),
        (error: unknown) => void (seen.closed = String(error)),
      );
      MANNERS[pathname]?.(session, seen).catch((error: unknown) => {
        // The session has ended under it, which is the page's business.
        if (seen.closed === null) console.error(`${pathname}: ${String(error)}`);
      });
    },
    {
      protocols: ['two'],
      accept: ({ url }) => (new URL(url).pathname in MANNERS ? true : 404),
      log: (line) => console.log(line),
    },
  );
}

/** Of streams for which the browser has no room yet. */
const WAITING = { waitUntilAvailable: true };

type Manner = (session: WebTransportServerSession, seen: SeenSession) => Promise<unknown>;

const MANNERS: Readonly<Record<string, Manner>> = {
  '/wt/echo': (session) =>
    Promise.all([
      each(session.incomingBidirectionalStreams, ({ readable, writable }) => readable.pipeTo(writable)),
      each(session.incomingUnidirectionalStreams, async (readable) =>
        readable.pipeTo(await session.createUnidirectionalStream(WAITING)),
      ),
      session.datagrams.readable.pipeTo(session.datagrams.createWritable()),
    ]),
  '/wt/open': async (session) => {
    const both = Array.from({ length: STREAMS }, async (_, index) => {
      const stream = await session.createBidirectionalStream(WAITING);
      await send(stream.writable, `both ${index}`);
    });
    const one = Array.from({ length: STREAMS }, async (_, index) =>
      send(await session.createUnidirectionalStream(WAITING), `one ${index}`),
    );
    await Promise.all([...both, ...one]);
  },
  '/wt/datagrams': async (session) => {
    const writer = session.datagrams.createWritable().getWriter();
    for (let index = 0; index < DATAGRAMS; index++) {
      await writer.write(new TextEncoder().encode(`datagram ${index}`));
      await pause(10);
    }
  },
  '/wt/codes': (session, seen) =>
    each(session.incomingBidirectionalStreams, (stream) => exchangeCodes(stream, seen)),
  '/wt/close': async (session) => {
    await theWord(session);
    session.close({ closeCode: 7, reason: 'bye' });
  },
  '/wt/drain': async (session) => {
    await theWord(session);
    session.drain();
    await each(session.incomingBidirectionalStreams, ({ readable, writable }) => readable.pipeTo(writable));
  },
  '/wt/quiet': () => Promise.resolve(),
};

/** Of each kind that the server opens. */
const STREAMS = 100;
const DATAGRAMS = 500;

/** The first byte says who ends the stream: `R` and `S` the server, otherwise the page does. */
async function exchangeCodes(
  { readable, writable }: WebTransportBidirectionalStream,
  { codes }: SeenSession,
): Promise<void> {
  const note = (what: 'reset' | 'stopped') => (error: unknown) =>
    void codes.push({ what, code: (error as WebTransportError).streamErrorCode ?? null });
  const [reader, writer] = [readable.getReader(), writable.getWriter()];
  writer.closed.catch(note('stopped'));
  try {
    const { value } = await reader.read();
    await writer.write(value!);
    const order = String.fromCharCode(value![0]!);
    // A reset overtakes what was not delivered yet, so that the page says when.
    if (order === 'R' || order === 'S') await reader.read();
    if (order === 'R') return await writer.abort(new WebTransportError('reset', { streamErrorCode: 42 }));
    if (order === 'S') return await reader.cancel(new WebTransportError('stop', { streamErrorCode: 43 }));
    while (!(await reader.read()).done);
  } catch (error) {
    note('reset')(error);
  }
}

/** The page says when by a stream. */
async function theWord({ incomingUnidirectionalStreams }: WebTransportServerSession): Promise<void> {
  const { value } = await incomingUnidirectionalStreams.getReader().read();
  for await (const chunk of value!) void chunk;
}

async function each<T>(streams: ReadableStream<T>, use: (stream: T) => Promise<unknown>): Promise<void> {
  for await (const stream of streams as unknown as AsyncIterable<T>) use(stream).catch(() => {});
}

async function send(writable: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = writable.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
