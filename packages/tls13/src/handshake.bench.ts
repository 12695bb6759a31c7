import { createNodeProvider } from '@tsquic/crypto/node';
import { clientOptions, find, identityOf, Pair, serverOptions } from '../test/handshake-pair.ts';
import {
  createTlsClient,
  createTlsServer,
  type TlsClientOptions,
  type TlsEngine,
  type TlsServerOptions,
} from './index.ts';

/**
 * CPU time of each end of a handshake over node:crypto, in milliseconds. Run it in the root of the workspace.
 */
const ROUNDS = 400;
const tickets = { seal: (plaintext: Uint8Array) => plaintext, open: (ticket: Uint8Array) => ticket };
const identities = { p256: identityOf('p256'), ed25519: identityOf('ed25519'), rsa: identityOf('rsa') };
const crypto = createNodeProvider();
const session = find(new Pair({}, { tickets }).run().clientEvents, 'ticket')!.session;

for (const [name, identity] of Object.entries(identities)) measure(name, {}, { identity: () => identity });
measure('resumed', { session }, { tickets });

function measure(name: string, client: Partial<TlsClientOptions>, server: Partial<TlsServerOptions>): void {
  for (let i = 0; i < 50; i++) round(client, server);
  const spent = { client: 0, server: 0 };
  for (let i = 0; i < ROUNDS; i++) {
    const times = round(client, server);
    spent.client += times.client;
    spent.server += times.server;
  }
  console.log(
    `${name}: client ${(spent.client / ROUNDS).toFixed(3)} ms, server ${(spent.server / ROUNDS).toFixed(3)} ms`,
  );
}

/** Run one handshake; returns milliseconds by end. */
function round(
  client: Partial<TlsClientOptions>,
  server: Partial<TlsServerOptions>,
): { client: number; server: number } {
  const spent = { client: 0, server: 0 };
  const timed = <T>(end: 'client' | 'server', step: () => T): T => {
    const start = performance.now();
    const result = step();
    spent[end] += performance.now() - start;
    return result;
  };
  const ends: Record<'client' | 'server', TlsEngine> = {
    client: timed('client', () => createTlsClient(clientOptions({ crypto, ...client }))),
    server: timed('server', () => createTlsServer(serverOptions({ crypto, ...server }))),
  };
  timed('client', () => ends.client.start());
  timed('server', () => ends.server.start());
  const carry = (from: 'client' | 'server', to: 'client' | 'server'): boolean => {
    let carried = false;
    for (let event = ends[from].nextEvent(); event !== undefined; event = ends[from].nextEvent()) {
      carried = true;
      const sent = event;
      if (sent.type === 'send') timed(to, () => ends[to].provide(sent.level, sent.bytes));
    }
    return carried;
  };
  while (carry('client', 'server') || carry('server', 'client'));
  return spent;
}
