import { Group } from '@tsquic/crypto';
import { FrameType } from '@tsquic/quic-core/wire';
import { createCertificateVerifier } from '@tsquic/tls13/x509';
import { Level } from '@tsquic/tls13';
import type { AdversaryScenario } from '../adversary-scenario.ts';
import type { Peer } from '../peer.ts';
import { frame } from '@tsquic/adversary';
import { createTestIdentity, testRootCertificate } from '../test-identity.ts';
import { HOSTILE_ADDRESS } from '../witnessed-stage.ts';
import { CLIENT, LITTLE_BYTES } from './adversary-setting.ts';

/** What answers a client's first packet, or is about to. */
const SERVER = { ...CLIENT, adversary: 'server', rounds: 100 } as const;
/** One that has said nothing before, so that its client believes whoever answers first. */
const SILENT_SERVER = {
  ...SERVER,
  until: 'nothing',
  acknowledges: false,
  // A ClientHello of one datagram, whatever the host's library knows.
  honest: { groups: [Group.X25519] },
} as const;
/** A client that hears nothing it can use repeats its first flight for as long as a row takes. RFC 9002 §6.2 */
const REPEATED_BYTES = 2 * 1200;
const WAITS = { bytesOutPerByteIn: 0, bytesOutAtMost: REPEATED_BYTES, heldBytes: LITTLE_BYTES } as const;
const ENDS = { bytesOutPerByteIn: 1, heldBytes: LITTLE_BYTES } as const;
/** RFC 9001 §4.8: 0x100 and the alert. */
const BAD_CERTIFICATE = 0x12a;
const UNEXPECTED_MESSAGE = 0x10a;

/** What a client is told before its handshake is complete. */
export const BEGINNING_ABUSES: readonly AdversaryScenario[] = [
  {
    ...SILENT_SERVER,
    name: 'adversary-bad-retries',
    about: 'Retry packets in answer to a first Initial: a false tag, no token, the ID that the client chose',
    attack: ({ endpoint }, round, { inject }) => {
      const falseTag = endpoint.forgedRetry();
      falseTag[falseTag.length - 1 - (round % 16)]! ^= 1;
      inject(falseTag);
      inject(endpoint.forgedRetry(new Uint8Array(0)));
      inject(endpoint.forgedRetry(undefined, endpoint.originalDestination));
      inject(endpoint.forgedRetry(new Uint8Array(1100)));
      inject(endpoint.forgedRetry().subarray(0, 10 + (round % 16)));
    },
    limits: WAITS,
  },
  {
    ...SILENT_SERVER,
    name: 'adversary-retries',
    about: 'Retry packets by somebody who saw the first Initial: one is followed',
    attack: ({ endpoint }, round, { inject }) => {
      const id = new Uint8Array(8).fill(round + 1);
      inject(endpoint.forgedRetry(Uint8Array.of(round), id));
    },
    limits: { ...WAITS, bytesOutAtMost: REPEATED_BYTES + 1200 },
  },
  {
    ...SERVER,
    name: 'adversary-retries-half-way',
    about: 'Retry packets when a ServerHello has been read',
    until: 'half of it',
    attack: ({ endpoint }, _round, { inject }) => inject(endpoint.forgedRetry()),
    limits: { ...WAITS, bytesOutAtMost: 0 },
  },
  {
    ...SILENT_SERVER,
    name: 'adversary-false-negotiations',
    about: 'Version Negotiation that offers what is in use, or nothing, or is for other IDs',
    attack: ({ endpoint }, round, { inject }) => {
      inject(endpoint.forgedVersionNegotiation([1, 0x1a2a3a4a]));
      inject(endpoint.forgedVersionNegotiation([]));
      inject(endpoint.forgedVersionNegotiation([0x1a2a3a4a], new Uint8Array(8).fill(round)));
      inject(endpoint.forgedVersionNegotiation().subarray(0, 20 + (round % 7)));
    },
    limits: WAITS,
  },
  {
    ...SILENT_SERVER,
    name: 'adversary-negotiation-first',
    about: 'Version Negotiation without a version that the client speaks, first of all: the attempt ends',
    attack: ({ endpoint }, _round, { inject }) => inject(endpoint.forgedVersionNegotiation()),
    // Nothing proves who said so. RFC 9000 §6.2
    limits: { ...WAITS, code: 'version-negotiation' },
  },
  {
    ...SERVER,
    name: 'adversary-negotiation-half-way',
    about: 'Version Negotiation when a ServerHello has been read',
    until: 'half of it',
    attack: ({ endpoint }, _round, { inject }) => inject(endpoint.forgedVersionNegotiation()),
    limits: WAITS,
  },
  {
    ...SERVER,
    name: 'adversary-closes-half-way',
    about: 'CONNECTION_CLOSE in Initial packets, when the client has Handshake keys and has answered',
    until: 'half of it',
    attack: (adversary, round) => {
      if (round === 0) adversary.send(Level.Handshake, frame(FrameType.Ping));
      else if (round > 50) adversary.send(Level.Initial, frame(FrameType.ConnectionClose, [1, 0, 0]));
    },
    limits: WAITS,
  },
  {
    ...SERVER,
    name: 'adversary-done-too-soon',
    about: 'HANDSHAKE_DONE before the handshake is complete',
    until: 'half of it',
    attack: (adversary) => adversary.send(Level.Application, frame(FrameType.HandshakeDone)),
    limits: WAITS,
    faultsAfter: (honest) =>
      hostileEvents(honest, 'confirmed') === 0 ? [] : ['a handshake was confirmed that is not complete'],
  },
  ...(
    [
      [
        'certificates-many',
        'a chain of 101 certificates',
        chainOf(100, testRootCertificate()),
        BAD_CERTIFICATE,
      ],
      [
        'certificates-large',
        'a Certificate message of more than 64 KiB',
        chainOf(60, new Uint8Array(1200).fill(0x30)),
        // decode_error
        0x132,
      ],
      [
        'certificates-malformed',
        'bytes that are no certificate above the leaf',
        chainOf(20, new Uint8Array(500).fill(0x30)),
        undefined,
      ],
      [
        'certificates-repeated',
        'a hundred certificates, the same root',
        chainOf(99, testRootCertificate()),
        undefined,
      ],
    ] as const
  ).map(([name, about, identity, code]): AdversaryScenario => ({
    ...SERVER,
    name: `adversary-${name}`,
    about,
    until: 'half of it',
    honest: verifying(),
    identity,
    rounds: 1,
    attack: ({ endpoint }) => endpoint.sendHeldBack(),
    limits: { ...ENDS, bytesOutAtMost: 40_000, ...(code !== undefined && { code }) },
    faultsAfter: (honest) =>
      hostileEvents(honest, 'connected') === (code === undefined ? 1 : 0)
        ? []
        : ['the handshake stands elsewhere'],
  })),
  {
    ...SERVER,
    name: 'adversary-compressed-certificate',
    about: 'a CompressedCertificate, which the client did not offer to read',
    until: 'half of it',
    rounds: 1,
    // RFC 8879 §4
    edit: (level, bytes) =>
      level === Level.Handshake && bytes[0] === 11 ? Uint8Array.of(25, ...bytes.subarray(1)) : bytes,
    attack: ({ endpoint }) => endpoint.sendHeldBack(),
    limits: { ...ENDS, code: UNEXPECTED_MESSAGE },
  },
];

/** A client that judges certificates. */
function verifying() {
  const verifier = createCertificateVerifier({ trustAnchors: [testRootCertificate()] });
  return { dangerouslySkipCertificateCheck: false, verifier };
}

/** The leaf of the tests, and so many certificates above it. */
function chainOf(count: number, certificate: Uint8Array): NonNullable<AdversaryScenario['identity']> {
  return (crypto) => {
    const { chain, signer } = createTestIdentity(crypto);
    return { chain: [chain[0]!, ...Array.from({ length: count }, () => certificate)], signer };
  };
}

function hostileEvents(honest: Peer, type: 'connected' | 'confirmed'): number {
  const [connection] = honest.connections.filter(
    ({ remoteAddress }) => remoteAddress.ip === HOSTILE_ADDRESS.ip,
  );
  return honest.eventsOf(type).filter((event) => event.connection === connection?.id).length;
}
