import type { CryptoProvider } from '@tsquic/crypto';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createRandom, createTestIdentity } from '@tsquic/simulator';
import type { QuicContextOptions } from '../../src/context/config.ts';
import { createQuicContext, type QuicContext } from '../../src/context/context.ts';
import type { QuicEvent } from '../../src/events.ts';
import { Attacker, ATTACKER, type AttackerOptions } from './attacker.ts';

/** Node's cryptography with seeded randomness. */
export function seededCrypto(seed: number): CryptoProvider {
  return createNodeProvider({ random: createRandom(seed).fillBytes });
}

/** A tracer under which no bug of ours stays unseen. */
export const LOUD = {
  onInternalError(_connection: number, error: unknown): void {
    throw error;
  },
} as const;

/** A server whose bugs are loud. */
export function createServer(options: Partial<QuicContextOptions> = {}, seed = 1): QuicContext {
  const crypto = seededCrypto(seed);
  return createQuicContext({
    crypto,
    alpn: ['test'],
    identity: createTestIdentity(crypto),
    tracer: LOUD,
    ...options,
  });
}

/** A client whose bugs are loud. */
export function createClient(options: Partial<QuicContextOptions> = {}, seed = 2): QuicContext {
  return createQuicContext({
    crypto: seededCrypto(seed),
    alpn: ['test'],
    dangerouslySkipCertificateCheck: true,
    tracer: LOUD,
    ...options,
  });
}

/** A client of `victim` that is one of ours no longer. Its handshake runs as far as `options` let it. */
export function attackServer(
  victim: QuicContext,
  options: Partial<AttackerOptions> = {},
  seed = 3,
): Attacker {
  return new Attacker({ victim, crypto: seededCrypto(seed), isClient: true, ...options }).connect();
}

/** A server that `victim` connects to. */
export function attackClient(
  victim: QuicContext,
  options: Partial<AttackerOptions> = {},
  seed = 4,
): Attacker {
  const crypto = seededCrypto(seed);
  const attacker = new Attacker({
    victim,
    crypto,
    isClient: false,
    identity: createTestIdentity(crypto),
    ...options,
  });
  victim.createConnection({ to: ATTACKER, serverName: 'server.test' }, attacker.nowUs);
  return attacker.pump();
}

/** All events that wait. */
export function eventsOf(context: QuicContext): QuicEvent[] {
  const events: QuicEvent[] = [];
  for (let event = context.nextEvent(); event !== undefined; event = context.nextEvent()) events.push(event);
  return events;
}
