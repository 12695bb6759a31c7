import { createReplayStore, TransportCode } from '@tsquic/quic-core';
import { FrameType } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import { type AdversaryEndpoint, cryptoFrame, frame, streamFrame } from '@tsquic/adversary';
import type { AdversaryHost } from '../adversary-host.ts';
import type { AdversaryScenario, AdversaryScene } from '../adversary-scenario.ts';
import type { Peer } from '../peer.ts';
import { BYTE, CLIENT, LITTLE_BYTES, MEGABYTE, QUIET } from './adversary-setting.ts';
import { MS } from './setting.ts';

const SECOND = 1000 * MS;
/** What a row of 0-RTT asks of its server: that it takes some, and gives up soon on clients that do not go on. */
const EARLY = { honest: { earlyData: true }, transport: { handshakeTimeoutMs: 300 } } as const;
/** A replay every second: each finds that the connection before it is gone. */
const REPLAYS = { ...CLIENT, rounds: 20, spacingUs: SECOND } as const;

/** What can be done with data that comes before the handshake, and with tickets. */
export const EARLY_DATA_ABUSES: readonly AdversaryScenario[] = [
  {
    ...REPLAYS,
    ...EARLY,
    name: 'adversary-early-replays',
    about: 'a first flight with 0-RTT is sent again, from other ports',
    attack: replay,
    // Each begins a handshake: three times what came at most, and the probes for it.
    limits: { bytesOutPerByteIn: 3, heldBytes: LITTLE_BYTES },
    faultsAfter: acceptedTimes(1, 1),
  },
  {
    ...REPLAYS,
    ...EARLY,
    name: 'adversary-early-late-replays',
    about: 'the same to a server that remembers nothing: a flight is too old after ten seconds',
    honest: { earlyData: { replayStore: { use: () => true } } },
    attack: replay,
    limits: { bytesOutPerByteIn: 3, heldBytes: LITTLE_BYTES },
    faultsAfter: acceptedTimes(2, 11),
  },
  {
    ...REPLAYS,
    ...EARLY,
    name: 'adversary-early-replays-elsewhere',
    about: 'the same where another process, which shares the store, has taken the flight already',
    honest: () => ({ earlyData: { replayStore: usedElsewhere() } }),
    attack: replay,
    limits: { bytesOutPerByteIn: 3, heldBytes: LITTLE_BYTES },
    faultsAfter: acceptedTimes(0, 0),
  },
  {
    ...REPLAYS,
    ...EARLY,
    name: 'adversary-early-replays-unanswered',
    about: 'the same where the program, which is asked whether the ticket was used, does not answer',
    honest: { earlyData: { replayStore: 'ask' } },
    program: { judgesTickets: false },
    attack: replay,
    limits: { bytesOutPerByteIn: 3, heldBytes: LITTLE_BYTES },
    // The data waits for an answer, or for the end of a handshake that no replay completes.
    faultsAfter: toldOfNoStreams,
  },
  {
    ...CLIENT,
    ...EARLY,
    name: 'adversary-early-held',
    about: 'clients fill their windows with 0-RTT that is held back, and leave their handshakes there',
    honest: { earlyData: { delivery: 'after-handshake', replayStore: { use: () => true } } },
    transport: { handshakeTimeoutMs: 1000, connectionWindowBytes: 16_384, streamWindowBytes: 16_384 },
    rounds: 100,
    attack: (adversary, round, scene) =>
      resume(adversary, scene, 1024 + round, (flight) => {
        for (let at = 0; at < 16_384; at += 1024)
          flight.push(streamFrame(0, at, new Uint8Array(1024).fill(at >> 10)));
      }),
    // A Retry for those beyond 64: what the others may hold is their windows.
    limits: { bytesOutPerByteIn: 3, heldBytes: LITTLE_BYTES + 2 * MEGABYTE },
    faultsAfter: (honest) => [...toldOfNoStreams(honest), ...halfOpenAtMost(64, honest)],
  },
  {
    ...CLIENT,
    ...EARLY,
    name: 'adversary-early-rejected',
    about: 'a flood of 0-RTT packets behind hellos whose 0-RTT is rejected',
    honest: { earlyData: { replayStore: { use: () => false } } },
    rounds: 100,
    attack: (adversary, round, scene) =>
      resume(adversary, scene, 1024 + round, (flight) => {
        for (let i = 0; i < 30; i++) flight.push(streamFrame(0, 1000 * i, new Uint8Array(1000)));
      }),
    limits: { bytesOutPerByteIn: 0.5, bytesOutAtMost: 20_000, heldBytes: 2 * LITTLE_BYTES },
    faultsAfter: toldOfNoStreams,
  },
  {
    ...CLIENT,
    ...EARLY,
    name: 'adversary-early-strays',
    about: '0-RTT packets before any Initial, of ever new connections and of one',
    attack: (_adversary, round, { inject, world }) => {
      for (let i = 0; i < 5; i++) {
        const bytes = new Uint8Array(1200);
        world.random.fillBytes(bytes);
        bytes.set([0xd0, 0, 0, 0, 1, 8]);
        if (i === 0) bytes.fill(7, 6, 14);
        bytes.set([8], 14);
        bytes.set([0x44, 0x80], 23);
        inject(bytes, 1024 + round);
      }
    },
    // 64 datagrams wait for half a second; nothing is said of them.
    limits: { bytesOutPerByteIn: 0, bytesOutAtMost: 0, heldBytes: LITTLE_BYTES / 2 },
  },
  {
    ...CLIENT,
    ...EARLY,
    name: 'adversary-forged-tickets',
    about: 'hellos with 0-RTT by tickets that were changed',
    rounds: 300,
    attack: (adversary, round, scene) => {
      const session = sessionOf(adversary).slice();
      // In the ticket, which the server has sealed.
      const at = 60 + (round % 60);
      session[at] = session[at]! ^ (1 + (round % 255));
      resume(adversary, scene, 1024 + round, () => {}, session);
    },
    limits: { bytesOutPerByteIn: 3, heldBytes: 2 * LITTLE_BYTES },
    faultsAfter: acceptedTimes(0, 0),
  },
  {
    ...CLIENT,
    name: 'adversary-ticket-flood',
    adversary: 'server',
    about: 'a server gives session tickets without end',
    tls: { tlsServer: { tickets: { seal: (plain) => plain, open: (ticket) => ticket } } },
    attack: (adversary, round) => {
      const { endpoint } = adversary;
      const at = endpoint.cryptoOffset(Level.Application) + (ticketBytes.get(adversary) ?? 0);
      const tickets = [0, 1, 2, 3].map((i) => newTicket(4 * round + i));
      let offset = at;
      for (const ticket of tickets) {
        adversary.send(Level.Application, cryptoFrame(offset, ticket));
        offset += ticket.length;
      }
      ticketBytes.set(adversary, offset - endpoint.cryptoOffset(Level.Application));
    },
    limits: { ...QUIET, bytesOutPerByteIn: 0.3 },
  },
  ...(
    [
      ['early-too-much', 'more 0-RTT than a stream may have', streamFrame(0, 262_140, new Uint8Array(10)), 3],
      ['early-streams', 'more streams in 0-RTT than there may be', streamFrame(400, 0, BYTE), 4],
      ['early-crypto', 'CRYPTO in 0-RTT', cryptoFrame(0, BYTE), TransportCode.ProtocolViolation],
      ['early-ack', 'ACK in 0-RTT', frame(FrameType.Ack, [0, 0, 0, 0]), TransportCode.ProtocolViolation],
    ] as const
  ).map(([name, about, payload, code]): AdversaryScenario => ({
    ...CLIENT,
    ...EARLY,
    name: `adversary-${name}`,
    about,
    rounds: 1,
    attack: (adversary, round, scene) =>
      resume(adversary, scene, 1024 + round, (flight) => void flight.push(payload)),
    limits: { bytesOutPerByteIn: 3, heldBytes: LITTLE_BYTES },
    faultsAfter: (honest) =>
      honest.events.some((event) => event.type === 'closed' && isLocalError(event.reason, code))
        ? []
        : [`no connection ended by ${code}`],
  })),
];

/** The datagrams that an adversary sends again and again. */
const flights = new WeakMap<AdversaryHost, readonly Uint8Array[]>();
/** Handshake bytes that a server has sent in tickets beyond its first ones. */
const ticketBytes = new WeakMap<AdversaryHost, number>();

/** The first flight of a client with 0-RTT, made once, in every round. */
function replay(adversary: AdversaryHost, round: number, scene: AdversaryScene): void {
  const flight = flights.get(adversary) ?? firstFlight(adversary, scene);
  flights.set(adversary, flight);
  for (const bytes of flight) scene.inject(bytes.slice(), 1024 + round);
}

function firstFlight(adversary: AdversaryHost, scene: AdversaryScene): readonly Uint8Array[] {
  const flight: Uint8Array[] = [];
  const stranger = newcomer(scene, sessionOf(adversary), (bytes) => void flight.push(bytes));
  flight.push(early(stranger, streamFrame(0, 0, BYTE, true)));
  return flight;
}

/** A client that comes from a port with a ticket and early data, and leaves it at that. */
function resume(
  adversary: AdversaryHost,
  scene: AdversaryScene,
  port: number,
  fill: (frames: Uint8Array[]) => void,
  session: Uint8Array = sessionOf(adversary),
): void {
  const stranger = newcomer(scene, session, (bytes) => scene.inject(bytes, port));
  const frames: Uint8Array[] = [];
  fill(frames);
  for (const payload of frames) scene.inject(early(stranger, payload), port);
}

function newcomer(
  { stranger, world }: AdversaryScene,
  session: Uint8Array,
  deliver: (bytes: Uint8Array) => void,
): AdversaryEndpoint {
  // The session is from a clock that stood at 0 when the world had just begun.
  const client = stranger(deliver, {
    tlsClient: { session, earlyData: true, unixTimeMs: () => world.nowUs / 1000 },
  });
  client.start();
  return client;
}

/** A 0-RTT packet to where the first Initial went. */
function early(client: AdversaryEndpoint, payload: Uint8Array): Uint8Array {
  return client.packet(Level.EarlyData, payload, { destination: client.originalDestination });
}

function sessionOf({ endpoint }: AdversaryHost): Uint8Array {
  const [session] = endpoint.sessions;
  if (session === undefined) throw new Error('the adversary was given no session');
  return session;
}

/** A store in which the first use of a ticket was another process's. */
function usedElsewhere(): ReturnType<typeof createReplayStore> {
  const store = createReplayStore();
  return {
    use: (use, nowMs) => {
      store.use(use, nowMs);
      return store.use(use, nowMs);
    },
  };
}

/** NewSessionTicket with a ticket of 300 bytes. RFC 8446 §4.6.1 */
function newTicket(number: number): Uint8Array {
  const ticket = new Uint8Array(300).fill(number);
  const body = [
    0,
    0,
    0x1c,
    0x20,
    0,
    0,
    0,
    number & 0xff,
    1,
    number & 0xff,
    300 >> 8,
    300 & 0xff,
    ...ticket,
    0,
    0,
  ];
  return Uint8Array.of(4, 0, body.length >> 8, body.length & 0xff, ...body);
}

/** How often 0-RTT may have been accepted. */
function acceptedTimes(least: number, most: number): (honest: Peer) => readonly string[] {
  return (honest) => {
    const times = honest.eventsOf('early-data').filter(({ state }) => state === 'accepted').length;
    return times >= least && times <= most
      ? []
      : [`0-RTT was accepted ${times} times, not ${least} to ${most} times`];
  };
}

/** How many clients besides the witness and the adversary's first connection were let in. */
function halfOpenAtMost(most: number, honest: Peer): readonly string[] {
  const times = honest.eventsOf('accepted').length - 2;
  return times <= most ? [] : [`${times} clients were let in, at most ${most}`];
}

/** No stream of a connection that is not complete was told of. */
function toldOfNoStreams(honest: Peer): readonly string[] {
  const known = new Set(honest.eventsOf('connected').map(({ connection }) => connection));
  const told = honest.eventsOf('stream-opened').filter(({ connection }) => !known.has(connection));
  return told.length === 0 ? [] : [`${told.length} streams were told of before their handshake`];
}

function isLocalError(reason: { readonly kind: string }, code: number): boolean {
  return 'code' in reason && reason.kind === 'transport' && reason.code === code;
}
