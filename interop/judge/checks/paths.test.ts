import { describe, expect, test } from '@jest/globals';
import type { Datagram, End, Packet } from '../capture.ts';
import { FrameType } from './check.ts';
import { validatesNewPaths } from './paths.ts';

const server = { host: '127.0.0.1', port: 443 };

/** A datagram between the server and a port of the client, with frames as pairs of type and data. */
function datagram(sender: End, port: number, ...frames: readonly (readonly [number, string?])[]): Datagram {
  const client = { host: '127.0.0.1', port };
  const packet: Packet = {
    kind: '1-RTT',
    version: 0,
    destinationId: '01',
    sourceId: '',
    token: '',
    isOpened: true,
    number: 1,
    keyPhase: 0,
    payloadBytes: 20,
    frames: frames.map(([type, pathData = '']) => ({
      type,
      pathData,
      cryptoEnd: 0,
      beginsCrypto: false,
      messages: [],
    })),
  };
  const [from, to] = sender === 'client' ? [client, server] : [server, client];
  return { sender, from, to, isIpv6: false, ecn: 0, bytes: 40, atUs: 0, packets: [packet] };
}

const ping = [0x01] as const;
const challenge = (data: string) => [FrameType.pathChallenge, data] as const;
const answer = (data: string) => [FrameType.pathResponse, data] as const;
const close = [FrameType.applicationClose] as const;
const old = datagram('server', 1, ping);

describe('the PATH_CHALLENGE of a new path', () => {
  test.each<[string, Datagram[], Datagram[]]>([
    [
      'is answered',
      [old, datagram('server', 1, challenge('a')), datagram('client', 1, answer('a'))],
      [old, datagram('server', 2, challenge('a'))],
    ],
    [
      'is lost, and the next one is answered',
      [old, datagram('server', 1, challenge('b')), datagram('client', 1, answer('b'))],
      [old, datagram('server', 2, challenge('a')), datagram('server', 2, challenge('b'))],
    ],
    [
      'comes to a client that ends the connection',
      [old, datagram('client', 1, ping), datagram('server', 1, challenge('a')), datagram('client', 1, close)],
      [old, datagram('server', 2, challenge('a'))],
    ],
  ])('%s', (_what, left, right) => {
    expect(validatesNewPaths({ left, right })).toEqual([]);
  });

  test.each<[string, Datagram[], Datagram[], string]>([
    [
      'came, and another one is answered',
      [
        old,
        datagram('server', 1, challenge('a')),
        datagram('server', 1, challenge('b')),
        datagram('client', 1, answer('b')),
      ],
      [old, datagram('server', 2, challenge('a')), datagram('server', 2, challenge('b'))],
      'was not answered',
    ],
    [
      'is lost, and none is answered',
      [old],
      [old, datagram('server', 2, challenge('a')), datagram('server', 2, challenge('b'))],
      'was not answered',
    ],
    [
      'is lost, and one of another path is answered',
      [old, datagram('server', 1, challenge('b')), datagram('client', 1, answer('b'))],
      [old, datagram('server', 2, challenge('a')), datagram('server', 3, challenge('b'))],
      'path 127.0.0.1 443 to 127.0.0.1 2 was not answered',
    ],
    [
      'comes to a client that goes on',
      [old, datagram('server', 1, challenge('a')), datagram('client', 1, ping), datagram('client', 1, close)],
      [old, datagram('server', 2, challenge('a'))],
      'was not answered',
    ],
    [
      'comes to a client that says nothing more',
      [old, datagram('client', 1, ping), datagram('server', 1, challenge('a'))],
      [old, datagram('server', 2, challenge('a'))],
      'was not answered',
    ],
    [
      'comes late',
      [old, datagram('server', 1, challenge('a')), datagram('client', 1, answer('a'))],
      [old, datagram('server', 2, ping), datagram('server', 2, challenge('a'))],
      'begins without PATH_CHALLENGE',
    ],
  ])('%s: a fault', (_what, left, right, says) => {
    expect(validatesNewPaths({ left, right })).toEqual([expect.stringContaining(says)]);
  });
});
