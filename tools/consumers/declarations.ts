// Names every entry of every package, so that every declaration is read.
import { createSocket } from 'node:dgram';
import * as adversary from '@tsquic/adversary';
import * as bytes from '@tsquic/bytes';
import * as cli from '@tsquic/cli';
import * as conform from '@tsquic/conform';
import * as congestion from '@tsquic/congestion';
import * as compliance from '@tsquic/crypto/compliance';
import { createNobleProvider } from '@tsquic/crypto/noble';
import { createNodeProvider } from '@tsquic/crypto/node';
import * as adapters from '@tsquic/event-adapters';
import * as bun from '@tsquic/event-adapters/bun';
import * as deno from '@tsquic/event-adapters/deno';
import * as reactor from '@tsquic/event-adapters/reactor';
import * as worker from '@tsquic/event-adapters/worker';
import * as http3 from '@tsquic/http3';
import * as qlog from '@tsquic/qlog';
import * as qpack from '@tsquic/qpack';
import { createOutgoingDatagram, createQuicContext, type QuicEvent } from '@tsquic/quic-core';
import * as wire from '@tsquic/quic-core/wire';
import * as simulator from '@tsquic/simulator';
import * as tls from '@tsquic/tls13';
import { certificatesFromPem, createCertificateVerifier } from '@tsquic/tls13/x509';
import * as webtransport from '@tsquic/webtransport';
import * as certificates from '@tsquic/webtransport/certificates';
import * as sessions from '@tsquic/webtransport/session';
import { connect, listen, QuicError, type ConnectOptions, type QuicConnection } from 'tsquic';
import { takeEvents } from 'tsquic/events';
import { createDuplex } from 'tsquic/node';

const options: ConnectOptions = { host: 'localhost', port: 4433, ALPNProtocols: ['echo'] };

export async function useTheLibrary(): Promise<Uint8Array[]> {
  const connection: QuicConnection = await connect(options);
  const stream = await connection.openStream();
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream.readable) chunks.push(chunk);
  createDuplex(stream).end('x');
  const listener = await listen({ cert: 'x', key: 'y', ALPNProtocols: ['echo'] });
  if (listener instanceof QuicError) throw listener;
  await listener[Symbol.asyncDispose]();
  return chunks;
}

export function useTheCore(): QuicEvent | undefined {
  const verifier = createCertificateVerifier({ trustAnchors: certificatesFromPem('') });
  const crypto = createNodeProvider();
  const context = createQuicContext({ crypto, alpn: ['echo'], unixTimeAtZeroUs: 0, verifier });
  context.prepareNextPacket(createOutgoingDatagram(new Uint8Array(1500)), 0);
  return context.nextEvent();
}

export const everything: unknown = {
  ...{
    adapters,
    adversary,
    bun,
    bytes,
    cli,
    compliance,
    conform,
    congestion,
    createNobleProvider,
    createSocket,
    deno,
  },
  ...{ http3, qlog, qpack, reactor, simulator, takeEvents, tls, wire, worker },
  ...{ webtransport, certificates, sessions },
};
