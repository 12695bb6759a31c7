import { WebTransportError, type WebTransportServerSession } from '@tsquic/webtransport';
import { EchoCode, echoStream, type EchoTerms } from './echo-stream.ts';

/** What was echoed. */
export interface EchoCounters {
  sessions: number;
  streams: number;
  datagrams: number;
  bytes: number;
}

/** The terms of the streams of a session. */
export type SessionTerms = Omit<EchoTerms, 'onBytes'>;

/**
 * Echo a session until it is over: bidirectional streams on themselves, unidirectional ones on streams of the server, datagrams one by one.
 * Rejects with the session's error when it was lost.
 */
export async function echoSession(
  session: WebTransportServerSession,
  counters: EchoCounters,
  { hold, patienceMs }: SessionTerms,
): Promise<void> {
  counters.sessions++;
  const terms: EchoTerms = {
    ...{ hold, patienceMs },
    onBytes: (bytes) => {
      counters.bytes += bytes;
    },
  };
  await Promise.all([
    echoBidirectional(session, counters, terms),
    echoUnidirectional(session, counters, terms),
    echoDatagrams(session, counters),
  ]);
}

async function echoBidirectional(
  session: WebTransportServerSession,
  counters: EchoCounters,
  terms: EchoTerms,
): Promise<void> {
  for await (const { readable, writable } of session.incomingBidirectionalStreams) {
    counters.streams++;
    void echoStream(readable, writable, terms);
  }
}

/** One stream after the other waits for one of the server's: those that come meanwhile wait in the transport. */
async function echoUnidirectional(
  session: WebTransportServerSession,
  counters: EchoCounters,
  terms: EchoTerms,
): Promise<void> {
  const openings = new StreamOpenings(session, terms.patienceMs);
  for await (const readable of session.incomingUnidirectionalStreams) {
    const writable = await openings.next();
    if (writable === undefined) {
      void readable
        .cancel(
          new WebTransportError('the peer allows no stream for the echo', {
            streamErrorCode: EchoCode.NoStream,
          }),
        )
        .catch(() => undefined);
      continue;
    }
    counters.streams++;
    void echoStream(readable, writable, terms);
  }
}

async function echoDatagrams(session: WebTransportServerSession, counters: EchoCounters): Promise<void> {
  const { readable } = session.datagrams;
  const writer = (session.datagrams.createWritable() as WritableStream<Uint8Array>).getWriter();
  for await (const datagram of readable) {
    await writer.write(datagram);
    counters.datagrams++;
    counters.bytes += datagram.length;
  }
}

/** Streams to the peer, one at a time, as it allows them. */
class StreamOpenings {
  private readonly session: WebTransportServerSession;
  private readonly patienceMs: number;
  private opening: Promise<WritableStream<Uint8Array>> | undefined = undefined;
  private untilMs = 0;

  constructor(session: WebTransportServerSession, patienceMs: number) {
    this.session = session;
    this.patienceMs = patienceMs;
  }

  /** The next stream; undefined where the peer has allowed none for as long as is waited. Rejects when the session is over. */
  async next(): Promise<WritableStream<Uint8Array> | undefined> {
    if (this.opening === undefined) {
      this.untilMs = performance.now() + this.patienceMs;
      this.opening = this.session.createUnidirectionalStream({
        waitUntilAvailable: true,
      });
    }
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), Math.max(this.untilMs - performance.now(), 0));
    });
    try {
      const opened = await Promise.race([this.opening, tooLate]);
      // A stream that comes too late is for the next one.
      if (opened !== undefined) this.opening = undefined;
      return opened;
    } finally {
      clearTimeout(timer);
    }
  }
}
