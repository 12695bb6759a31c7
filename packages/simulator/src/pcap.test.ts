import { expect, test } from '@jest/globals';
import { StopAndWait } from '../test/stop-and-wait.ts';
import { createCapture } from './pcap.ts';
import { World } from './world.ts';

const A = { ip: '10.0.0.1', port: 5001 };
const B = { ip: '10.0.0.2', port: 443 };

test('a capture is a pcap file of raw IP, byte for byte', () => {
  const world = new World(1);
  const asker = new StopAndWait(1, B, 4, 2);
  world.addHost({ name: 'a', context: asker, addresses: [A] });
  world.addHost({ name: 'b', context: new StopAndWait(0, undefined, 5), addresses: [B] });
  world.addRoute(A.ip, B.ip, [world.addLink('up', { delayUs: 1_500_000 })]);
  world.addRoute(B.ip, A.ip, [world.addLink('down', { delayUs: 10 })]);
  const capture = createCapture('a', 1_893_456_000_000_000);
  world.observe(capture);
  // Stop before the toy's second attempt.
  asker.nextWakeTime = () => (asker.sent > 0 ? Infinity : 0);
  world.run(() => asker.acked === 1, 2_000_000);

  // Magic, version 2.4, zone and accuracy 0, length limit 65575, link type 101; then per datagram its time, twice its
  // length, an IPv4 header (ECT(0), DF, TTL 64, UDP) whose checksum was computed by hand, and a UDP header.
  const words = [
    'a1b2c3d4 0002 0004 00000000 00000000 00010027 00000065',
    '70dbd880 00000000 00000020 00000020',
    '45020020 00004000 401126c9 0a000001 0a000002 1389 01bb 000c 0000 01000000',
    '70dbd881 0007a12a 00000021 00000021',
    '45000021 00004000 401126ca 0a000002 0a000001 01bb 1389 000d 0000 0200000000',
  ];
  expect(Buffer.from(capture.file()).toString('hex')).toBe(words.join('').replaceAll(' ', ''));
});

test('over IPv6 too, with its traffic class', () => {
  const world = new World(1);
  const from = { ip: '2001:db8::1', port: 5001 };
  const to = { ip: '2001:db8::2', port: 443 };
  world.addHost({ name: 'a', context: new StopAndWait(1, to, 4, 2), addresses: [from] });
  world.addHost({ name: 'b', context: new StopAndWait(0, undefined, 5), addresses: [to] });
  world.addRoute(from.ip, to.ip, [world.addLink('up', {})]);
  const capture = createCapture('a', 0);
  world.observe(capture);
  world.run(() => false, 0);

  // RFC 8200 §3: version 6 with ECT(0), 12 bytes of UDP (17), hop limit 64, both addresses; UDP with the checksum of §8.1.
  const words = [
    '00000000 00000000 00000034 00000034',
    '60200000 000c 11 40 20010db8000000000000000000000001 20010db8000000000000000000000002',
    '1389 01bb 000c 8e1d 01000000',
  ];
  const file = Buffer.from(capture.file()).toString('hex');
  expect(file.slice(48)).toBe(words.join('').replaceAll(' ', ''));
});
