import { expect, test } from '@jest/globals';
import { runnerCase, runnerNetwork } from './runner-network.ts';

const networkOf = (name: string): ReturnType<typeof runnerNetwork> => runnerNetwork(runnerCase(name), 5);

test('the common way: 10 Mbit/s, 15 ms, 25 datagrams, packets of 1500 bytes, both ways', () => {
  const way = { bytesPerSecond: 1_250_000, delayUs: 15_000, queueDatagrams: 25, mtuBytes: 1472 };
  expect(networkOf('transfer')).toEqual({
    up: way,
    down: way,
    rebinding: { timesUs: [], to: 'port' },
    seed: 5,
  });
  expect(networkOf('ipv6').down.mtuBytes).toBe(1452);
  expect(networkOf('longrtt').up.delayUs).toBe(750_000);
});

test('the second to seventh datagram of the client are lost, none of the server', () => {
  const { up, down } = networkOf('amplificationlimit');
  expect([up.loss, down.loss]).toEqual([{ kind: 'list', indexes: [1, 2, 3, 4, 5, 6] }, undefined]);
});

test('clients are seen elsewhere after one second, and then every five', () => {
  expect(networkOf('rebind-port').rebinding).toMatchObject({ to: 'port' });
  expect(networkOf('rebind-addr').rebinding).toMatchObject({ to: 'address' });
  expect(networkOf('rebind-addr').rebinding.timesUs.slice(0, 3)).toEqual([1e6, 6e6, 11e6]);
});

test('a case without a network is refused', () => {
  expect(() => runnerCase('http3')).toThrow('the runner has no network for a case http3');
});
