import { createNodeProvider } from '@tsquic/crypto/node';
import { seededCrypto } from '@tsquic/testing/seeded';
import { Level } from '@tsquic/tls13';
import { concatBytes } from '@tsquic/bytes';
import { createPair, type Pair, type PairOptions } from '@tsquic/simulator';
import type { ConnectionOptions } from '../../src/config/config.ts';
import type { QuicConnection } from '../../src/context/handles.ts';
import { decodeFrames, type FrameRecord } from '../../src/trace/frames.ts';
import { PacketType } from '../../src/version/packet-type.ts';
import type { QuicContext } from '../../src/context/context.ts';
import { FrameType } from '../../src/frame/rules.ts';
import { Attacker, type AttackerOptions, PADDING } from './attacker.ts';
import { attackServer, eventsOf, LOUD } from './contexts.ts';

export const SECOND = 1_000_000;
export const DELAY_US = 20_000;

/** A pair whose client has a session that allows 0-RTT, from a connection that is closed. */
export interface EarlyPair extends Pair {
  readonly session: Uint8Array;
  /** A second connection, which offers 0-RTT. */
  resume(options?: Partial<ConnectionOptions>): QuicConnection;
  /** The server's end of it, once it is there. */
  theirs(): QuicConnection;
}

/** The first handshake is over, its connection too; `pair.client.events` and `pair.server.events` are empty. */
export function createEarlyPair(options: Partial<PairOptions> = {}): EarlyPair {
  const pair = createPair({
    createCrypto: (random) => createNodeProvider({ random }),
    ...options,
    link: { delayUs: DELAY_US, ...options.link },
    server: { earlyData: true, ...options.server },
  });
  const first = pair.connect();
  const isDone = (): boolean => pair.client.has('ticket') && first.statistics().state === 'confirmed';
  if (!pair.run(isDone, 10 * SECOND)) throw new Error('the first connection brings no ticket');
  const session = pair.client.eventsOf('ticket')[0]!.ticket;
  first.close();
  pair.pass(5 * SECOND);
  forget(pair);
  return Object.assign(pair, {
    session,
    resume: (more: Partial<ConnectionOptions> = {}) => pair.connect({ session, earlyData: true, ...more }),
    theirs: () => pair.server.connections.at(-1)!,
  });
}

function forget({ client, server }: Pair): void {
  for (const peer of [client, server]) {
    peer.events.length = 0;
    (peer as unknown as { readonly seen: Set<string> }).seen.clear();
    peer.connections.length = 0;
  }
}

/** A packet as its sender meant it. */
export interface LoggedPacket {
  readonly connection: number;
  readonly type: PacketType;
  readonly number: number;
  readonly frames: readonly FrameRecord[];
}

/** A tracer that collects what an endpoint sends. */
export function packetLog() {
  const sent: LoggedPacket[] = [];
  const tracer = {
    ...LOUD,
    onPacketSent(
      connection: number,
      type: PacketType,
      number: number,
      _bytes: number,
      buffer: Uint8Array,
      payloadAt: number,
      payloadEnd: number,
    ): void {
      sent.push({ connection, type, number, frames: [...decodeFrames(buffer, payloadAt, payloadEnd)] });
    },
  };
  return { sent, tracer, early: () => sent.filter(({ type }) => type === PacketType.ZeroRtt) };
}

/** A session that `server` gives to an attacker, which then goes. */
export function attackerSession(server: QuicContext): {
  readonly session: Uint8Array;
  readonly nowUs: number;
} {
  const first = attackServer(server);
  first.send(Level.Application, concatBytes(Uint8Array.of(FrameType.ApplicationClose, 0, 0), PADDING));
  first.pass(5 * SECOND);
  eventsOf(server);
  return { session: first.sessions[0]!, nowUs: first.nowUs };
}

/** A client with a session of the server's, which has sent its ClientHello and nothing after it. */
export function resumeAsAttacker(server: QuicContext, options: Partial<AttackerOptions> = {}): Attacker {
  const { session, nowUs } = attackerSession(server);
  const attacker = new Attacker({
    victim: server,
    crypto: seededCrypto(31),
    isClient: true,
    tlsClient: { session, earlyData: true, unixTimeMs: () => nowUs / 1000 },
    silentFrom: Level.Handshake,
    ...options,
  });
  attacker.nowUs = nowUs;
  return attacker.connect();
}
