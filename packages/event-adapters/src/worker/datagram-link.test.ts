import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Address } from '@tsquic/quic-core';
import { createLinkEnds, DatagramLink } from './datagram-link.ts';

const REMOTE: Address = { ip: '2001:db8::1', port: 65_535 };
const LOCAL: Address = { ip: 'fe80::1%eth0', port: 443 };
const KIB = 1024;

let open: DatagramLink[] = [];
afterEach(() => {
  for (const link of open) link.close();
  open = [];
});

function links(ringBytes = 1024 * KIB): [DatagramLink, DatagramLink] {
  const [here, there] = createLinkEnds(new MessageChannel(), ringBytes);
  open = [new DatagramLink(here), new DatagramLink(there)];
  return open as [DatagramLink, DatagramLink];
}

function collect(link: DatagramLink, count: number): Promise<unknown[][]> {
  const got: unknown[][] = [];
  return new Promise((resolve) => {
    link.onDatagram = (bytes, ...rest) => {
      got.push([bytes.slice(), ...rest]);
      if (got.length === count) resolve(got);
    };
  });
}

describe('a link', () => {
  test('passes datagrams on in order, with addresses, ECN bits and interface, both ways', async () => {
    const [here, there] = links();
    for (const [from, to] of [
      [here, there],
      [there, here],
    ] as const) {
      const got = collect(to, 300);
      const sent = Array.from({ length: 300 }, (_, index) => new Uint8Array(index * 5).fill(index));
      for (const bytes of sent)
        from.send(Uint8Array.of(9, ...bytes, 9), 1, bytes.length + 1, REMOTE, 3, LOCAL, 513);
      const arrived = await got;
      expect(arrived.map(([bytes]) => bytes)).toEqual(sent);
      for (const [, ...rest] of arrived) expect(rest).toEqual([REMOTE, 3, LOCAL, 513]);
      // The core compares addresses of one socket by identity first.
      expect(new Set(arrived.map(([, , , local]) => local)).size).toBe(1);
    }
  });

  test('many datagrams cost one message', async () => {
    const [here, there] = createLinkEnds(new MessageChannel(), 1024 * KIB);
    const sender = new DatagramLink(here);
    const posted: unknown[] = [];
    there.port.on('message', (message) => posted.push(message));
    for (let count = 0; count < 100; count++) sender.send(new Uint8Array(100), 0, 100, REMOTE, 0, LOCAL, 0);
    await once(there.port, 'message');
    await new Promise((resolve) => setImmediate(resolve));
    expect(posted).toHaveLength(1);
    sender.close();
  });

  test('loses what does not fit, whole, and tells when there is room again', async () => {
    const [here, there] = links(256 * KIB);
    let delivers = false;
    there.canDeliver = () => delivers;
    const got: number[] = [];
    const lengths: number[] = [];
    there.onDatagram = (bytes) => {
      got.push(bytes[0]!);
      lengths.push(bytes.length);
    };
    for (let count = 0; count < 300; count++)
      here.send(new Uint8Array(1200).fill(count), 0, 1200, REMOTE, 0, LOCAL, 0);
    expect(here.hasRoom).toBe(false);
    const room = new Promise<void>((resolve) => (here.onRoom = resolve));
    delivers = true;
    there.deliver();
    await room;
    expect(here.hasRoom).toBe(true);
    expect(got.length).toBeGreaterThan(200);
    expect(got.length).toBeLessThan(300);
    expect(got).toEqual(got.map((_, index) => index & 0xff));
    expect(new Set(lengths)).toEqual(new Set([1200]));
  });

  test('a closed link takes nothing, and a datagram that no link carries is lost', async () => {
    const [here, there] = links();
    const got = collect(there, 1);
    here.send(new Uint8Array(70_000), 0, 70_000, REMOTE, 0, LOCAL, 0);
    here.send(Uint8Array.of(1), 0, 1, REMOTE, 0, LOCAL, 0);
    expect((await got)[0]![0]).toEqual(Uint8Array.of(1));
    here.close();
    here.send(Uint8Array.of(2), 0, 1, REMOTE, 0, LOCAL, 0);
  });
});
