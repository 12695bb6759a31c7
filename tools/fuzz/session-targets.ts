import { concatBytes } from '@tsquic/bytes';
import { TlsAlert, type TlsEngine } from '@tsquic/tls13';
import { createOutgoingDatagram } from '../../packages/quic-core/src/connection/outgoing-datagram.ts';
import { defaultParameters, encodeParameters } from '../../packages/quic-core/src/parameters/parameters.ts';
import { decodeLimits, rememberedParameters } from '../../packages/quic-core/src/parameters/remembered.ts';
import { encodeKeptSession } from '../../packages/quic-core/src/tokens/kept-session.ts';
import { ATTACKER } from '../../packages/quic-core/test/support/attacker.ts';
import {
  attackServer,
  createClient,
  createServer,
  eventsOf,
} from '../../packages/quic-core/test/support/contexts.ts';
import { type FuzzTarget, NOW_US, once, refusing } from './target.ts';
import { createClientEngine, createServerEngine } from './tls-engines.ts';

/** Sessions and remembered transport parameters that a client's program stored. */
const sessions: FuzzTarget = {
  name: 'sessions',
  weight: 1,
  run(input) {
    rememberedParameters(input);
    decodeLimits(input);
    const client = createClient();
    const connection = client.createConnection(
      { to: ATTACKER, serverName: 'server.test', session: input, earlyData: true },
      NOW_US,
    );
    connection.openStream()?.write(new Uint8Array(3000), true);
    connection.datagrams.send(new Uint8Array(10));
    const out = createOutgoingDatagram(new Uint8Array(1500));
    while (client.prepareNextPacket(out, NOW_US) > 0);
    eventsOf(client);
  },
  seeds() {
    const parameters = encodeParameters(
      { ...defaultParameters(), initialMaxData: 9000, maxDatagramFrameSize: 99 },
      1,
    );
    return [
      ...[1, 0x6b33_43cf].map((version) => encodeKeptSession({ version, session: SESSION() })),
      parameters,
    ];
  },
};

/** A session of a server with 0-RTT. */
const SESSION = once(() => attackServer(createServer({ earlyData: true })).sessions[0]!);

// Tickets

const EARLY = { earlyData: true, judgeEarlyData: () => true };

/** Run a handshake; returns the session that the client got. */
function shake(client: TlsEngine, server: TlsEngine): Uint8Array | undefined {
  let session: Uint8Array | undefined;
  server.start();
  client.start();
  for (let round = 0; round < 8; round++)
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const)
      for (let event = from.nextEvent(); event !== undefined; event = from.nextEvent()) {
        if (event.type === 'send') to.provide(event.level, event.bytes);
        if (event.type === 'ticket') session = event.session;
      }
  return session;
}

/** The plaintext of a ticket, and the session that contains the ticket. */
const KEPT = once(() => {
  let inside: Uint8Array = new Uint8Array(0);
  const seal = (plaintext: Uint8Array): Uint8Array => (inside = plaintext.slice());
  const session = shake(
    createClientEngine(),
    createServerEngine({ ...EARLY, tickets: { seal, open: () => undefined } }),
  )!;
  return { inside, session };
});

/** Plaintexts of session tickets at a server. */
const tickets: FuzzTarget = {
  name: 'tickets',
  weight: 1,
  run(input) {
    const seal = (plaintext: Uint8Array): Uint8Array => plaintext;
    const { session } = KEPT();
    refusing(TlsAlert, () => {
      const server = createServerEngine({ ...EARLY, tickets: { seal, open: () => input } });
      shake(createClientEngine({ session, earlyData: true }), server);
    });
  },
  seeds() {
    const { inside } = KEPT();
    return [inside, inside.slice(0, -1), concatBytes(inside, Uint8Array.of(0))];
  },
};

/** Sessions at a client, tickets at a server. */
export const SESSION_TARGETS: readonly FuzzTarget[] = [sessions, tickets];
