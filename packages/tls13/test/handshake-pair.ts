import { readFileSync } from 'node:fs';
import type { CryptoProvider } from '@tsquic/crypto';
import { createNodeProvider } from '@tsquic/crypto/node';
import {
  createTlsClient,
  createTlsServer,
  type Identity,
  Level,
  skipCertificateCheck,
  type TlsClientOptions,
  type TlsEngine,
  type TlsEvent,
  type TlsServerOptions,
} from '../src/index.ts';

export const NOW_MS = 1_800_000_000_000;
export const provider: CryptoProvider = createNodeProvider();
export const CLIENT_PARAMETERS = Uint8Array.of(0x04, 0x01, 0x20);
export const SERVER_PARAMETERS = Uint8Array.of(0x04, 0x01, 0x3f);

/** An identity of vectors/identities. */
export function identityOf(name: 'p256' | 'p384' | 'ed25519' | 'rsa'): Identity {
  return { chain: [pemDer(`${name}.cert`)], signer: provider.createSigner(pemDer(`${name}.key`)) };
}

export function pemDer(name: string): Uint8Array {
  const text = readFileSync(new URL(`../vectors/identities/${name}.pem`, import.meta.url), 'utf8');
  return new Uint8Array(Buffer.from(text.replace(/-----[^-]+-----|\s/g, ''), 'base64'));
}

export function clientOptions(overrides: Partial<TlsClientOptions> = {}): TlsClientOptions {
  return {
    crypto: provider,
    transportParameters: () => CLIENT_PARAMETERS,
    unixTimeMs: () => NOW_MS,
    serverName: 'server.example',
    alpn: ['echo'],
    verifier: skipCertificateCheck,
    ...overrides,
  };
}

const P256 = identityOf('p256');

export function serverOptions(overrides: Partial<TlsServerOptions> = {}): TlsServerOptions {
  return {
    crypto: provider,
    transportParameters: () => SERVER_PARAMETERS,
    unixTimeMs: () => NOW_MS,
    identity: () => P256,
    alpn: ['echo'],
    ...overrides,
  };
}

/** Both ends with their bytes carried in `chunk`-sized pieces; every event is kept. */
export class Pair {
  readonly client: TlsEngine;
  readonly server: TlsEngine;
  readonly clientEvents: TlsEvent[] = [];
  readonly serverEvents: TlsEvent[] = [];
  private readonly chunk: number;

  constructor(
    client: Partial<TlsClientOptions> = {},
    server: Partial<TlsServerOptions> = {},
    chunk = Infinity,
  ) {
    this.client = createTlsClient(clientOptions(client));
    this.server = createTlsServer(serverOptions(server));
    this.chunk = chunk;
    this.client.start();
    this.server.start();
  }

  /** Carry until both ends are silent. */
  run(): this {
    while (this.deliver('client') || this.deliver('server'));
    return this;
  }

  /** Carry what one end has to say; false when that was nothing. */
  deliver(from: 'client' | 'server'): boolean {
    const source = from === 'client' ? this.client : this.server;
    const target = from === 'client' ? this.server : this.client;
    const kept = from === 'client' ? this.clientEvents : this.serverEvents;
    let delivered = false;
    for (let event = source.nextEvent(); event !== undefined; event = source.nextEvent()) {
      kept.push(event);
      delivered = true;
      if (event.type !== 'send') continue;
      for (let at = 0; at < event.bytes.length; at += this.chunk) {
        target.provide(event.level, event.bytes.subarray(at, at + this.chunk));
      }
    }
    return delivered;
  }
}

/** Events in short: `send initial`, `keys handshake read`, `complete`. */
export function outline(events: readonly TlsEvent[]): string[] {
  return events.map((event) => {
    if (event.type === 'send') return `send ${levelName(event.level)}`;
    if (event.type === 'keys') return `keys ${levelName(event.level)} ${event.direction}`;
    return event.type;
  });
}

export function find<T extends TlsEvent['type']>(
  events: readonly TlsEvent[],
  type: T,
): Extract<TlsEvent, { type: T }> | undefined {
  return events.find((event): event is Extract<TlsEvent, { type: T }> => event.type === type);
}

function levelName(level: Level): string {
  return Object.entries(Level).find(([, value]) => value === level)![0];
}
