import { concatBytes } from '@tsquic/bytes';
import { FrameType } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import type { AdversaryHost } from '../adversary-host.ts';
import type { AdversaryScenario, AdversaryScene } from '../adversary-scenario.ts';
import { cryptoFrame, frame } from '@tsquic/adversary';
import { BYTE, CLIENT, LITTLE_BYTES, QUIET, repeat } from './adversary-setting.ts';
import { MS } from './setting.ts';

/** A host without a connection that sends packets like the first ones of a connection. */
const STRANGER = { ...CLIENT, until: 'nothing' } as const;
/** Limits for packets that are not answered. */
const SILENT = { bytesOutPerByteIn: 0, bytesOutAtMost: 0, heldBytes: LITTLE_BYTES } as const;
/** Ports of services that answer any datagram. RFC 9000 §21.5.6 */
const SERVICES = [53, 123, 1900, 11_211, 5353, 389] as const;

/** Attacks before there is a connection, and outside of one. */
export const STRANGERS: readonly AdversaryScenario[] = [
  {
    ...STRANGER,
    name: 'adversary-hellos',
    about: 'ClientHellos from ports that are made up, whose answers nobody takes',
    rounds: 300,
    attack: hello((round, bytes, scene) => scene.inject(bytes, 1024 + round)),
    // At most three times the bytes that came, RFC 9000 §8.1; above 64 half-open connections a Retry.
    limits: { bytesOutPerByteIn: 3, heldBytes: 2 * LITTLE_BYTES },
  },
  {
    ...STRANGER,
    name: 'adversary-hellos-retry',
    about: 'the same where every client must prove its address',
    honest: { retry: 'always' },
    rounds: 300,
    attack: hello((round, bytes, scene) => scene.inject(bytes, 1024 + round)),
    limits: { bytesOutPerByteIn: 0.2, heldBytes: LITTLE_BYTES },
  },
  {
    ...STRANGER,
    name: 'adversary-hellos-refused',
    about: 'the same where no further connection is let in',
    honest: { maxConnections: 1, retry: 'never' },
    rounds: 300,
    attack: hello((round, bytes, scene) => scene.inject(bytes, 1024 + round)),
    limits: { bytesOutPerByteIn: 0.2, heldBytes: LITTLE_BYTES },
  },
  {
    ...STRANGER,
    name: 'adversary-services',
    about: 'ClientHellos that seem to come from services which answer strangers',
    rounds: 100,
    attack: hello((round, bytes, scene) => scene.inject(bytes, SERVICES[round % SERVICES.length])),
    limits: SILENT,
  },
  {
    ...STRANGER,
    name: 'adversary-small-hellos',
    about: 'ClientHellos in datagrams of less than 1200 bytes',
    rounds: 100,
    attack: hello((round, bytes, scene) => scene.inject(bytes.slice(0, 1199), 1024 + round)),
    limits: SILENT,
  },
  {
    ...STRANGER,
    name: 'adversary-coalesced-hellos',
    about: 'ClientHellos with packets for others behind them',
    rounds: 60,
    attack: hello((round, bytes, scene) => {
      const others = repeat(3, (i) => longHeader(0xe0, new Uint8Array(8).fill(i), 60));
      scene.inject(concatBytes(bytes, others), 1024 + round);
    }),
    limits: { bytesOutPerByteIn: 3, heldBytes: 2 * LITTLE_BYTES },
  },
  {
    ...STRANGER,
    name: 'adversary-forged-hellos',
    about: 'Initial packets that no key opens',
    attack: (_adversary, round, { inject }) =>
      inject(longHeader(0xc0, idOf(round), 1180, true), 1024 + (round % 4000)),
    limits: SILENT,
  },
  {
    ...STRANGER,
    name: 'adversary-patterned-ids',
    about: 'Initial packets with connection IDs that differ in a few bits',
    attack: (_adversary, round, { inject }) => {
      const id = new Uint8Array(8);
      id[0] = (round & 1) << 7;
      id[7] = round;
      inject(longHeader(0xc0, id, 1180, true), 1024 + (round % 4000));
    },
    limits: SILENT,
  },
  {
    ...STRANGER,
    name: 'adversary-versions',
    about: 'datagrams of 1200 bytes in versions that nobody speaks',
    attack: (_adversary, round, { inject }) =>
      inject(unknownVersion(0x1a2a3a4a + round, idOf(round), 1200), 1024 + (round % 4000)),
    // Each packet may get one Version Negotiation packet, RFC 9000 §6.1, which is far smaller.
    limits: { bytesOutPerByteIn: 0.05, heldBytes: LITTLE_BYTES },
  },
  {
    ...STRANGER,
    name: 'adversary-small-versions',
    about: 'small datagrams in versions that nobody speaks',
    attack: (_adversary, round, { inject }) => inject(unknownVersion(0xdadadada, idOf(round), 600)),
    limits: SILENT,
  },
  {
    ...STRANGER,
    name: 'adversary-negotiations',
    about: 'Version Negotiation packets, which nobody answers',
    attack: (_adversary, round, { inject }) => inject(unknownVersion(0, idOf(round), 1200)),
    limits: SILENT,
  },
  {
    ...STRANGER,
    name: 'adversary-strays',
    about: 'short headers for connections that nobody has',
    attack: (_adversary, round, { inject }) => inject(new Uint8Array(200).fill(0x40 | (round & 0x3f))),
    // Ten stateless resets a second, each smaller than the packet that it answers. RFC 9000 §10.3.3
    limits: { bytesOutPerByteIn: 0.2, heldBytes: LITTLE_BYTES },
  },
  {
    ...STRANGER,
    name: 'adversary-long-ids',
    about: 'long headers whose connection IDs are longer than any may be, or than the datagram',
    attack: (_adversary, round, { inject }) => {
      const bytes = longHeader(0xc0, idOf(round), 1180, true);
      bytes[5] = 21 + (round % 235);
      inject(bytes);
    },
    limits: SILENT,
  },
  {
    ...STRANGER,
    name: 'adversary-long-tokens',
    about: 'Initial packets whose token is longer than the datagram, or than any number',
    attack: (_adversary, round, { inject }) => {
      const bytes = longHeader(0xc0, idOf(round), 1180, true);
      bytes.fill(0xff, 6 + 8 + 1, 6 + 8 + 9);
      inject(bytes);
    },
    limits: SILENT,
  },
  {
    ...STRANGER,
    name: 'adversary-noise',
    about: 'datagrams of bytes that mean nothing',
    attack: (_adversary, round, { inject, world }) => {
      const bytes = new Uint8Array(1 + ((round * 37) % 1400));
      world.random.fillBytes(bytes);
      inject(bytes);
    },
    // A packet that may belong to a lost connection may get a stateless reset.
    limits: { bytesOutPerByteIn: 0.2, heldBytes: LITTLE_BYTES },
  },
  {
    ...STRANGER,
    name: 'adversary-empty-datagrams',
    about: 'a hundred empty datagrams at a time',
    attack: (_adversary, _round, { inject }) => {
      for (let i = 0; i < 100; i++) inject(new Uint8Array(0));
    },
    limits: SILENT,
  },
  {
    ...CLIENT,
    name: 'adversary-half-open',
    about: 'a client that leaves the handshake half done is sent three times what came from it at most',
    until: 'half of it',
    attack: (adversary, round) => {
      if (round % 50 === 0) adversary.send(Level.Initial, frame(FrameType.Ping));
    },
    limits: { bytesOutPerByteIn: 3, bytesOutAtMost: 0, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-early-packets',
    about: '1-RTT and 0-RTT packets before their keys',
    until: 'half of it',
    rounds: 300,
    attack: ({ endpoint }, round, { inject }) => {
      inject(concatBytes(Uint8Array.of(0x40), endpoint.destination, new Uint8Array(900).fill(round)));
      inject(longHeader(0xd0, endpoint.destination, 900));
    },
    limits: { bytesOutPerByteIn: 1, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-rebinding',
    about: 'every packet comes from another port',
    attack: ({ endpoint }, round, { inject }) =>
      inject(endpoint.packet(Level.Application, frame(FrameType.Ping)), 1024 + round),
    // A PATH_CHALLENGE for each path that is validated, and at most three times the bytes that came. RFC 9000
    // §8.2, §9.3
    limits: { bytesOutPerByteIn: 3, bytesOutAtMost: 30_000, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-forgeries',
    about: 'packets of its connection that no key opens',
    attack: ({ endpoint }, round, { inject }) => {
      for (let i = 0; i < 20; i++)
        inject(concatBytes(Uint8Array.of(0x40), endpoint.destination, new Uint8Array(60).fill(round + i)));
    },
    limits: QUIET,
  },
  {
    ...CLIENT,
    name: 'adversary-replays',
    about: 'one packet a thousand times',
    attack: ({ endpoint }, round, { inject }) => {
      const packet = endpoint.packet(Level.Application, frame(FrameType.Ping), { number: 5000 + round });
      for (let i = 0; i < 20; i++) inject(packet.slice());
    },
    limits: { bytesOutPerByteIn: 0.5, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-foreign-handshakes',
    about: 'Handshake packets for connections that nobody has',
    attack: (_adversary, round, { inject }) => inject(longHeader(0xe0, idOf(round), 1180)),
    limits: SILENT,
  },
  {
    ...CLIENT,
    name: 'adversary-old-keys',
    about: 'CONNECTION_CLOSE in Initial and Handshake packets, after the handshake',
    rounds: 50,
    attack: (adversary) => {
      adversary.send(Level.Initial, frame(FrameType.ConnectionClose, [0, 0, 0]));
      adversary.send(Level.Handshake, frame(FrameType.ConnectionClose, [0, 0, 0]));
    },
    limits: QUIET,
  },
  {
    ...CLIENT,
    name: 'adversary-hello-in-bytes',
    about: 'every other byte of a ClientHello, backwards',
    until: 'nothing',
    rounds: 40,
    attack: (adversary, round) =>
      adversary.send(
        Level.Initial,
        repeat(100, (i) => cryptoFrame(9000 - 2 * (100 * round + i), BYTE)),
      ),
    limits: { code: 0x0d, bytesOutPerByteIn: 1, heldBytes: LITTLE_BYTES },
  },
];

/** Attacks of a server, or of an attacker on its path, on a client. */
export const AGAINST_CLIENTS: readonly AdversaryScenario[] = [
  {
    ...CLIENT,
    name: 'adversary-late-negotiation',
    adversary: 'server',
    about: 'Version Negotiation after the handshake',
    rounds: 100,
    attack: ({ endpoint }, _round, { inject }) => inject(endpoint.forgedVersionNegotiation()),
    limits: QUIET,
  },
  {
    ...CLIENT,
    name: 'adversary-late-retry',
    adversary: 'server',
    about: 'Retry packets after the handshake',
    rounds: 100,
    attack: ({ endpoint }, _round, { inject }) => inject(endpoint.forgedRetry()),
    limits: QUIET,
  },
  {
    ...CLIENT,
    name: 'adversary-false-resets',
    adversary: 'server',
    about: 'what would be a stateless reset, in tokens that nobody gave',
    attack: ({ endpoint }, round, { inject }) => {
      inject(concatBytes(Uint8Array.of(0x40), endpoint.destination, new Uint8Array(40)));
      inject(new Uint8Array(43).fill(round & 0x7f, 1).fill(0x41, 0, 1));
    },
    limits: QUIET,
  },
  {
    ...CLIENT,
    name: 'adversary-forged-initials',
    adversary: 'server',
    about: 'Initial packets by somebody who saw the first, after the handshake',
    rounds: 100,
    attack: ({ endpoint }, _round, { inject }) =>
      inject(endpoint.packet(Level.Initial, frame(FrameType.ConnectionClose, [1, 0, 0]))),
    limits: QUIET,
  },
  {
    ...CLIENT,
    name: 'adversary-token-from-server',
    adversary: 'server',
    about: 'a NEW_TOKEN of no bytes',
    attack: (adversary) =>
      adversary.send(Level.Application, frame(FrameType.NewToken, [0], new Uint8Array(3))),
    limits: { code: 0x07, bytesOutPerByteIn: 2, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-server-key-update',
    adversary: 'server',
    about: 'a KeyUpdate message of TLS, which QUIC has no use for',
    attack: (adversary) =>
      adversary.send(
        Level.Application,
        cryptoFrame(adversary.endpoint.cryptoOffset(Level.Application), Uint8Array.of(24, 0, 0, 1, 0)),
      ),
    limits: { code: 0x10a, bytesOutPerByteIn: 2, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-large-ticket',
    adversary: 'server',
    about: 'a session ticket that says it has 16 MB',
    attack: (adversary) =>
      adversary.send(
        Level.Application,
        cryptoFrame(
          adversary.endpoint.cryptoOffset(Level.Application),
          Uint8Array.of(4, 0xff, 0xff, 0xff, 0),
        ),
      ),
    // decode_error
    limits: { code: 0x132, bytesOutPerByteIn: 2, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-server-silence',
    adversary: 'server',
    about: 'a server that acknowledges nothing and sends PINGs slowly',
    acknowledges: false,
    rounds: 20,
    spacingUs: 500 * MS,
    attack: (adversary) => adversary.send(Level.Application, frame(FrameType.Ping)),
    // Probes of at most two packets each, with exponential backoff. RFC 9002 §6.2
    limits: { bytesOutPerByteIn: 0, bytesOutAtMost: 120_000, heldBytes: LITTLE_BYTES },
  },
];

/** A ClientHello of another client in each round. */
function hello(
  deliver: (round: number, bytes: Uint8Array, scene: AdversaryScene) => void,
): (adversary: AdversaryHost, round: number, scene: AdversaryScene) => void {
  return (_adversary, round, scene) => scene.stranger((bytes) => deliver(round, bytes, scene)).start();
}

function idOf(round: number): Uint8Array {
  return Uint8Array.of(round >> 8, round, 3, 1, 4, 1, 5, 9);
}

/** A packet with a long header of version 1 that no key decrypts. RFC 9000 §17.2 */
function longHeader(first: number, id: Uint8Array, length: number, hasToken = false): Uint8Array {
  const head = [first, 0, 0, 0, 1, id.length, ...id, 0, ...(hasToken ? [0] : [])];
  const payload = new Uint8Array(length - 2).fill(0x5a);
  return Uint8Array.from([...head, 0x40 | (payload.length >> 8), payload.length & 0xff, ...payload]);
}

/** A long header of another version, of which only the connection IDs are defined. RFC 8999 §5.1 */
function unknownVersion(version: number, id: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(0x5a);
  bytes.set([0xc0, version >>> 24, version >>> 16, version >>> 8, version, id.length, ...id, 0]);
  return bytes;
}
