import { join } from 'node:path';
import { type Manner, mannerOf } from './manner.ts';
import { type WebTransportTask, webTransportTask } from './webtransport-task.ts';

/** What the environment asks of an endpoint, in the words of the public interop runner. */
export interface Contract {
  readonly role: 'client' | 'server';
  readonly manner: Manner;
  /** What a client fetches. */
  readonly requests: readonly URL[];
  /** Undefined for cases of QUIC. */
  readonly webTransport: WebTransportTask | undefined;
  /** The directory that a server serves. */
  readonly www: string;
  /** The directory that a client writes each file to, by the last part of its path. */
  readonly downloads: string;
  /** PEM files. */
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
  /** The address that a server binds; every one of the machine where there is none. */
  readonly host: string | undefined;
  readonly port: number;
  /** The file for TLS secrets, in NSS format; '' for none. */
  readonly keyLog: string;
  /** The directory for a qlog file of each connection; '' for none. */
  readonly qlogDirectory: string;
}

/** Variables by their names. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the variables of the runner; WWW, DOWNLOADS, CERTS, HOST and PORT replace the places that it fixes. Throws
 * `UnsupportedCase` for a TESTCASE that the endpoint does not know, and an `Error` for what it cannot read.
 */
export function readContract(environment: Environment): Contract {
  const { TESTCASE = '', ROLE, REQUESTS = '', PROTOCOLS = '' } = environment;
  const isClient = ROLE === 'client';
  const parameters = words(environment[isClient ? 'CLIENT_PARAMS' : 'SERVER_PARAMS'] ?? '');
  const protocols = words(PROTOCOLS);
  // The runner asks whether a case is known before anything else is there.
  const webTransport =
    protocols.length === 0
      ? undefined
      : webTransportTask(TESTCASE, isClient, { protocols, names: words(REQUESTS) });
  const manner = mannerOf(webTransport === undefined ? TESTCASE : 'transfer', parameters);
  if (!isClient && ROLE !== 'server') throw new Error(`ROLE is client or server, not ${ROLE ?? 'unset'}`);
  // A server of WebTransport is told paths.
  const requests = isClient ? words(REQUESTS).map((request) => new URL(request)) : [];
  if (isClient && requests.length === 0) throw new Error('REQUESTS names no URL');
  return { role: isClient ? 'client' : 'server', manner, requests, webTransport, ...placesFrom(environment) };
}

function placesFrom(
  environment: Environment,
): Omit<Contract, 'role' | 'manner' | 'requests' | 'webTransport'> {
  const { WWW = '/www', DOWNLOADS = '/downloads', CERTS = '/certs', HOST, PORT = '443' } = environment;
  const { SSLKEYLOGFILE = '', QLOGDIR = '' } = environment;
  const port = Number(PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`PORT ${PORT} is no port`);
  return {
    www: WWW,
    downloads: DOWNLOADS,
    certificate: join(CERTS, 'cert.pem'),
    key: join(CERTS, 'priv.key'),
    authority: join(CERTS, 'ca.pem'),
    host: HOST,
    port,
    keyLog: SSLKEYLOGFILE,
    qlogDirectory: QLOGDIR,
  };
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
