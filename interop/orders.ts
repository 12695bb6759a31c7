import { join } from 'node:path';
import type { Address } from '@tsquic/quic-core';
import type { Case } from './cases/case.ts';
import type { RunCertificates } from './certificates.ts';
import { ENDPOINT } from './cases/webtransport.ts';
import type { ClientOrder, ServerOrder, WebTransportOrder } from './peer.ts';

/** What orders are made of. */
export interface OrderParts {
  readonly testCase: Case;
  readonly certificates: RunCertificates;
  /** The originals of the case's files. */
  readonly root: string;
  /** For logs, captures and what the client receives. */
  readonly directory: string;
  /** A peer speaks HTTP/3 only: the handshake has to suffice. */
  readonly byHandshake: boolean;
}

/** For what clients receive. */
export function receivedDirectory({ directory }: Pick<OrderParts, 'directory'>): string {
  return join(directory, 'received');
}

/** What one side of a session of WebTransport receives, and the root of the side that has nothing to send. */
export function sessionDirectory(
  parts: Pick<OrderParts, 'directory'>,
  name: 'client' | 'server' | 'nothing',
): string {
  return join(receivedDirectory(parts), name);
}

/** The order of the server at `port`, with its preferred address if it is to have one. */
export function serverOrder(parts: OrderParts, port: number, preferred: Address | undefined): ServerOrder {
  const { testCase, certificates, root, directory, byHandshake } = parts;
  const { host, versionTwo, retry, resumes, earlyData, migrates, rebinds, datagrams, postQuantum } = testCase;
  const { patient, http3, multipath } = testCase;
  const { certificate, key } = testCase.longChain ? certificates.long : certificates.usual;
  return {
    host,
    port,
    root,
    certificate,
    key,
    alpn: alpnFor(byHandshake || http3 || testCase.webTransport !== undefined),
    http3,
    webTransport: webTransportOrder(parts, 'server'),
    keyLog: join(directory, 'server.keys'),
    versionTwo,
    retry,
    resumes,
    earlyData,
    datagrams,
    multipath,
    postQuantum,
    updatesKeys: testCase.keyUpdate === 'server',
    migrates,
    rebinds,
    patient,
    preferredAddress: preferred && { host: preferred.ip, port: preferred.port },
  };
}

/** The order of the client, which reaches the server at `port`. */
export function clientOrder(parts: OrderParts, port: number): ClientOrder {
  const { testCase, certificates, directory, byHandshake } = parts;
  const { multipath } = testCase;
  const { host, client, versionTwo, resumes, earlyData, migrates, datagrams, postQuantum, http3 } = testCase;
  const paths = testCase.files.map((file) => file.name);
  return {
    host,
    port,
    alpn: alpnFor(byHandshake || http3 || testCase.webTransport !== undefined),
    http3,
    webTransport: webTransportOrder(parts, 'client'),
    handshakeOnly: byHandshake,
    awaitsUpdate: testCase.keyUpdate === 'server',
    resumes,
    earlyData,
    migrates,
    datagrams,
    multipath,
    postQuantum,
    updatesKeys: testCase.keyUpdate === 'client',
    connectionPerFile: testCase.connectionPerFile,
    patient: testCase.patient,
    followsPreferredAddress: testCase.prefersAddress,
    paths: byHandshake && !resumes ? paths.slice(0, 1) : paths,
    out: receivedDirectory(parts),
    authority: certificates.usual.authority,
    keyLog: join(directory, 'client.keys'),
    cipher: client.cipher,
    version: client.version,
    versionTwo,
  };
}

/** The part of one side in the case's session of WebTransport. */
function webTransportOrder(parts: OrderParts, side: 'client' | 'server'): WebTransportOrder | undefined {
  const { webTransport, files, name } = parts.testCase;
  if (webTransport === undefined) return undefined;
  const { carrier, direction, protocols } = webTransport;
  const asks = carrier !== 'none' && (side === 'client') === (direction === 'receive');
  const testCase = carrier === 'none' ? 'handshake' : asks ? name : 'transfer';
  return {
    testCase,
    protocols: protocols[side],
    endpoint: ENDPOINT,
    names: asks ? files.map((file) => file.name.slice(ENDPOINT.length + 1)) : [],
    root: asks || carrier === 'none' ? sessionDirectory(parts, 'nothing') : parts.root,
    downloads: sessionDirectory(parts, side),
  };
}

function alpnFor(isHttp3: boolean): string {
  return isHttp3 ? 'h3' : 'hq-interop';
}
