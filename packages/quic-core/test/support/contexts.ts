import { concatBytes } from '@tsquic/bytes';
import { createTestIdentity } from '@tsquic/simulator';
import { seededCrypto } from '@tsquic/testing/seeded';
import { Level } from '@tsquic/tls13';
import type { QuicContextOptions } from '../../src/config/config.ts';
import { QuicContext } from '../../src/context/context.ts';
import type { Connection } from '../../src/connection/connection.ts';
import type { ConnectionTable } from '../../src/context/connection-table.ts';
import type { QuicHostContext } from '../../src/context/contract.ts';
import type { QuicEvent } from '../../src/events.ts';
import { FrameType } from '../../src/frame/rules.ts';
import type { Version } from '../../src/version/versions.ts';
import { Attacker, ATTACKER, type AttackerOptions, PADDING } from './attacker.ts';
import { frame } from './frames.ts';

/** A tracer under which no bug of ours stays unseen. */
export const LOUD = {
  onInternalError(_connection: number, error: unknown): void {
    throw error;
  },
} as const;

/** A server whose bugs are loud. */
export function createServer(
  options: Partial<QuicContextOptions> = {},
  seed = 1,
  versions?: readonly Version[],
): QuicContext {
  const crypto = seededCrypto(seed);
  const identity = createTestIdentity(crypto);
  return new QuicContext({ crypto, alpn: ['test'], identity, tracer: LOUD, ...options }, versions);
}

/** A client whose bugs are loud. */
export function createClient(
  options: Partial<QuicContextOptions> = {},
  seed = 2,
  versions?: readonly Version[],
): QuicContext {
  const crypto = seededCrypto(seed);
  return new QuicContext(
    { crypto, alpn: ['test'], dangerouslySkipCertificateCheck: true, tracer: LOUD, ...options },
    versions,
  );
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

/** Victims of both roles to which the handshake is confirmed: so a client issues IDs too. */
export const CONFIRMED_VICTIMS: readonly [
  role: string,
  attack: (context: Partial<QuicContextOptions>, options?: Partial<AttackerOptions>) => Attacker,
][] = [
  ['server', (context, options) => attackServer(createServer(context), options)],
  [
    'client',
    (context, options) =>
      attackClient(createClient(context), options).send(
        Level.Application,
        concatBytes(frame(FrameType.HandshakeDone), PADDING),
      ),
  ],
];

/** The first connection of a context, from the inside: for what no honest peer can bring about. */
export function coreOf(context: QuicHostContext): Connection {
  const { table } = context as unknown as { readonly table: ConnectionTable };
  return table.all()[0]!;
}

/** All events that wait. */
export function eventsOf(context: QuicContext): QuicEvent[] {
  const events: QuicEvent[] = [];
  for (let event = context.nextEvent(); event !== undefined; event = context.nextEvent()) events.push(event);
  return events;
}
