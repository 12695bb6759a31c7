import { webTransport } from '@tsquic/webtransport';
import { readHashedCertificate } from '@tsquic/webtransport/certificates';
import type { Http3Extension } from 'tsquic/http3';
import { counted, formatBytes } from '../quantities.ts';
import { EchoHold } from './echo-hold.ts';
import { type EchoCounters, echoSession } from './echo-session.ts';

/** WebTransport beside the files of a server. */
export interface EchoServer {
  readonly extension: Http3Extension;
  readonly counters: EchoCounters;
  /** What was echoed, as a line. */
  readonly summary: string;
  /** What a page needs to know of the certificate (PEM), or why none can trust it by its hash. */
  adviceOf(certificate: string): string;
}

/**
 * Sessions that echo, at any path and for pages of any origin: a page learns nothing that it has not sent.
 *
 * @param log - hears why clients were refused, or left without a session.
 */
export function createEchoServer(log: (line: string) => void): EchoServer {
  const counters: EchoCounters = { sessions: 0, streams: 0, datagrams: 0, bytes: 0 };
  const terms = { hold: new EchoHold(), patienceMs: PATIENCE_MS };
  return {
    counters,
    extension: webTransport((session) => echoSession(session, counters, terms), { origins: '*', log }),
    adviceOf,
    get summary() {
      const { sessions, streams, datagrams, bytes } = counters;
      const things = `${counted(streams, 'stream')} and ${counted(datagrams, 'datagram')}`;
      return `echoed ${things}, ${formatBytes(bytes)}, in ${counted(sessions, 'session')}`;
    },
  };
}

function adviceOf(certificate: string): string {
  const { hash, faults } = readHashedCertificate(certificate);
  return faults.length > 0
    ? `no page can trust this certificate by its hash: ${faults.join('; ')}`
    : `sha-256 of the certificate: ${Buffer.from(hash).toString('base64')}`;
}

const PATIENCE_MS = 60_000;
