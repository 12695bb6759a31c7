import { expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capturedDatagrams } from '../wire/captured-datagrams.ts';
import { openRelay } from './open-relay.ts';
import { NEVER_REBOUND, PLAIN_LINK } from './plan.ts';
import { openUdpSocket, type RelaySocket } from './socket.ts';

test.each(['127.0.0.1', '::1'])(
  'a question and its answer pass over sockets of %s, and are captured on both sides',
  async (ip) => {
    const directory = await mkdtemp(join(tmpdir(), 'relay-'));
    const [client, server] = [await openUdpSocket({ ip, port: 0 }), await openUdpSocket({ ip, port: 0 })];
    const captures = { left: join(directory, 'left.pcap'), right: join(directory, 'right.pcap') };
    const network = { up: PLAIN_LINK, down: PLAIN_LINK, rebinding: NEVER_REBOUND, seed: 1 };
    const front = { listen: { ip, port: 0 }, server: server.address, isWatched: true };
    const relay = await openRelay({ network, fronts: [front] }, captures);
    try {
      server.onDatagram = (bytes, from) => server.send(Uint8Array.of(bytes[0]! + 1), from, 0);
      const answer = nextDatagram(client);
      client.send(Uint8Array.of(1), relay.fronts[0]!, 0);
      expect(await answer).toEqual([2]);
      const counts = await relay.close();
      expect(counts).toMatchObject({ up: { delivered: 1 }, down: { delivered: 1 } });
      const seen = async (file: string): Promise<string[]> =>
        capturedDatagrams(await readFile(file)).map(({ sender, bytes }) => `${sender} ${bytes.join()}`);
      expect(await seen(captures.left)).toEqual(['client 1', 'server 2']);
      expect(await seen(captures.right)).toEqual(['client 1', 'server 2']);
      const [first] = capturedDatagrams(await readFile(captures.left));
      expect(first).toMatchObject({ clientHost: ip, clientPort: client.address.port });
    } finally {
      await relay.close();
      client.close();
      server.close();
      await rm(directory, { recursive: true });
    }
  },
);

test('a front that is taken is refused', async () => {
  const taken = await openUdpSocket({ ip: '127.0.0.1', port: 0 });
  const front = { listen: taken.address, server: taken.address, isWatched: true };
  const network = { up: PLAIN_LINK, down: PLAIN_LINK, rebinding: NEVER_REBOUND, seed: 1 };
  await expect(openRelay({ network, fronts: [front] })).rejects.toThrow('EADDRINUSE');
  taken.close();
});

function nextDatagram(socket: RelaySocket): Promise<number[]> {
  return new Promise((resolve) => (socket.onDatagram = (bytes) => resolve([...bytes])));
}
