import type { SeenPacket } from '@tsquic/adversary';
import { Level } from '@tsquic/tls13';
import type { TransportOptions } from '../../src/config/transport-options.ts';
import type { QuicContext } from '../../src/context/context.ts';
import type { QuicConnection } from '../../src/context/handles.ts';
import type { TransportParameters } from '../../src/parameters/parameters.ts';
import type { Attacker } from './attacker.ts';
import { attackServer, createServer, eventsOf } from './contexts.ts';
import { ackFrame } from './frames.ts';

/** A server of ours after its handshake, with a client that acknowledges when it is told to. */
export interface ServerScene {
  readonly server: QuicContext;
  readonly client: Attacker;
  readonly connection: QuicConnection;
  /** The packets that came since the last call. */
  packets(): readonly SeenPacket[];
  /** Acknowledge all packets that came, except those with these numbers. */
  acknowledge(except?: readonly number[]): void;
}

/** @param limits - transport parameters of the client. */
export function serverScene(
  transport: TransportOptions,
  limits: Readonly<Partial<TransportParameters>>,
): ServerScene {
  const server = createServer({ transport });
  const client = attackServer(server, { parameters: (own) => void Object.assign(own, limits) });
  client.pass(100_000);
  const acknowledge = (except: readonly number[] = []): void => {
    const numbers = client.seen
      .filter(({ level }) => level === Level.Application)
      .map(({ number }) => number);
    const acked = [...new Set(numbers)].filter((number) => !except.includes(number));
    client.send(Level.Application, ackFrame(acked.sort((a, b) => a - b)));
  };
  acknowledge();
  eventsOf(server);
  let looked = client.seen.length;
  return {
    server,
    client,
    connection: server.connection(0)!,
    packets() {
      client.pass(5000);
      const packets = client.seen.slice(looked);
      looked = client.seen.length;
      return packets;
    },
    acknowledge,
  };
}
