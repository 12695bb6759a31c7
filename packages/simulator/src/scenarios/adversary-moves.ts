import { concatBytes } from '@tsquic/bytes';
import type { Address, TransportParameters } from '@tsquic/quic-core';
import { FrameType } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import type { AdversaryScenario } from '../adversary-scenario.ts';
import type { Peer } from '../peer.ts';
import { frame } from '@tsquic/adversary';
import { HOSTILE_ADDRESS, HONEST_ELSEWHERE } from '../witnessed-stage.ts';
import { CLIENT, LITTLE_BYTES } from './adversary-setting.ts';
import { MS } from './setting.ts';

const PING = frame(FrameType.Ping);
/** Three challenges of 1200 bytes each. RFC 9000 §8.2.1 */
const CHALLENGES_BYTES = 3 * 1200;

/** More than a server remembers. */
const PLACES: readonly Address[] = Array.from({ length: 16 }, (_, i) => ({
  ip: `10.0.1.${i + 1}`,
  port: HOSTILE_ADDRESS.port,
}));

/** Addresses that are not where their owners are. */
export const MOVE_ABUSES: readonly AdversaryScenario[] = [
  preferring('preferred-victim', 'a server prefers the address of somebody else', [198, 51, 100, 9], 443, {
    bytesToOthers: CHALLENGES_BYTES,
  }),
  preferring('preferred-service', 'a server prefers a service that answers strangers', [198, 51, 100, 9], 53),
  preferring('preferred-loopback', 'a server prefers the machine of its client', [127, 0, 0, 1], 443),
  preferring('preferred-everybody', 'a server prefers a group of machines', [224, 0, 0, 1], 443),
  {
    ...CLIENT,
    name: 'adversary-preferred-flood',
    about: 'packets from ever new addresses come to the address that their server prefers',
    honest: { preferredAddress: { ipv4: HONEST_ELSEWHERE } },
    attack: ({ endpoint }, round, { inject }) =>
      inject(endpoint.packet(Level.Application, PING), 4433, {
        fromIp: `198.51.${round >> 8}.${round & 255}`,
        to: HONEST_ELSEWHERE,
      }),
    limits: { bytesOutPerByteIn: 3, bytesToOthers: 3 * 60 * CLIENT.rounds, heldBytes: LITTLE_BYTES },
    faultsAfter: fewPaths,
  },
  {
    ...CLIENT,
    name: 'adversary-spoofed-addresses',
    about: 'every packet comes from the address of another victim',
    attack: ({ endpoint }, round, { inject }) =>
      inject(endpoint.packet(Level.Application, PING), 7000, {
        fromIp: `198.51.${round >> 8}.${round & 255}`,
      }),
    // Three bytes for each that came from there, RFC 9000 §8.1: too few for a challenge of 1200.
    limits: { bytesOutPerByteIn: 3, bytesToOthers: 3 * 60 * CLIENT.rounds, heldBytes: LITTLE_BYTES },
    faultsAfter: fewPaths,
  },
  {
    ...CLIENT,
    name: 'adversary-spoofed-challenges',
    about: 'PATH_CHALLENGEs in packets of their own from the address of one victim',
    attack: ({ endpoint }, round, { inject }) => {
      const challenge = frame(FrameType.PathChallenge, [], new Uint8Array(8).fill(round));
      inject(endpoint.packet(Level.Application, challenge), 7000, { fromIp: '198.51.100.9' });
    },
    // Answers of 1200 bytes, RFC 9000 §8.2.2, shrink to three times what came from there.
    limits: { bytesOutPerByteIn: 3, bytesToOthers: 3 * 60 * CLIENT.rounds, heldBytes: LITTLE_BYTES },
    faultsAfter: fewPaths,
  },
  {
    ...CLIENT,
    name: 'adversary-forgeries-elsewhere',
    about: 'packets that no key opens come to its connection from ever new addresses',
    attack: ({ endpoint }, round, { inject }) => {
      for (let i = 0; i < 20; i++) {
        const forged = concatBytes(Uint8Array.of(0x40), endpoint.destination, new Uint8Array(60).fill(i));
        inject(forged, 1024 + i, { fromIp: `198.51.${round >> 8}.${round & 255}` });
      }
    },
    limits: { bytesOutPerByteIn: 0, bytesOutAtMost: 0, heldBytes: LITTLE_BYTES },
    faultsAfter: fewPaths,
  },
  {
    ...CLIENT,
    name: 'adversary-wanderer',
    about: 'a client moves to another address every few milliseconds, and proves each of them',
    addresses: PLACES,
    rounds: 200,
    spacingUs: 5 * MS,
    attack: ({ endpoint }, round, { inject }) =>
      inject(endpoint.packet(Level.Application, PING), HOSTILE_ADDRESS.port, {
        fromIp: PLACES[round % PLACES.length]!.ip,
      }),
    // A challenge, its repetition in full size, and a token for each new place. RFC 9000 §8.2.1
    limits: { bytesOutPerByteIn: 50, bytesOutAtMost: 0, heldBytes: LITTLE_BYTES },
    faultsAfter: fewPaths,
  },
];

/** A server whose transport parameters have a preferred address. */
function preferring(
  name: string,
  about: string,
  ip: readonly [number, number, number, number],
  port: number,
  limits: { readonly bytesToOthers?: number } = {},
): AdversaryScenario {
  return {
    ...CLIENT,
    name: `adversary-${name}`,
    adversary: 'server',
    about,
    rounds: 12,
    spacingUs: 1000 * MS,
    parameters: (parameters) => prefer(parameters, ip, port),
    attack: (adversary) => adversary.send(Level.Application, PING),
    limits: { bytesOutPerByteIn: 2, heldBytes: LITTLE_BYTES, ...limits },
    faultsAfter: (honest) =>
      honest.connections.some(({ remoteAddress }) => remoteAddress.ip === ip.join('.'))
        ? ['the client went where nobody answered']
        : [],
  };
}

function prefer(parameters: TransportParameters, ip: readonly number[], port: number): void {
  parameters.preferredAddress = concatBytes(
    Uint8Array.of(...ip, port >> 8, port),
    new Uint8Array(18),
    Uint8Array.of(8),
    new Uint8Array(8).fill(0xd1),
    new Uint8Array(16).fill(0xd2),
  );
}

/** Four addresses, and as many events as are kept of each kind. */
function fewPaths(honest: Peer): readonly string[] {
  const most = Math.max(...honest.connections.map((connection) => connection.pathStatistics().length));
  return most > 4 ? [`${most} paths are remembered`] : [];
}
