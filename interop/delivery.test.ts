import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { WEBTRANSPORT_SUITE } from './cases/webtransport.ts';
import { deliveryFaults } from './delivery.ts';
import { clientOrder, type OrderParts, serverOrder } from './orders.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'interop-delivery-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function partsOf(name: string): OrderParts {
  const testCase = WEBTRANSPORT_SUITE.find((one) => one.name === name)!;
  const pair = { certificate: 'c', key: 'k', authority: 'a' };
  const certificates = { usual: pair, long: pair } as unknown as OrderParts['certificates'];
  return { testCase, certificates, root: join(directory, 'root'), directory, byHandshake: false };
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

test('both sides have to note the protocol that the client prefers of those of both', async () => {
  const parts = partsOf('webtransport-handshake');
  const [client, server] = [clientOrder(parts, 1), serverOrder(parts, 1, undefined)].map(
    ({ webTransport }) => webTransport!,
  );
  expect([client!.testCase, server!.testCase]).toEqual(['handshake', 'handshake']);
  write(join(client!.downloads, 'negotiated_protocol.txt'), 'amber\n');
  expect(await deliveryFaults(parts)).toEqual(["the server noted the protocol '', not 'amber'"]);
  write(join(server!.downloads, 'negotiated_protocol.txt'), 'birch');
  expect(await deliveryFaults(parts)).toEqual(["the server noted the protocol 'birch', not 'amber'"]);
  write(join(server!.downloads, 'negotiated_protocol.txt'), 'amber');
  expect(await deliveryFaults(parts)).toEqual([]);
});

test.each(['receive', 'send'] as const)(
  'files to %s are looked for at the side that asks for them',
  async (direction) => {
    const name = `transfer-bidirectional-${direction}`;
    const parts = partsOf(name);
    const client = clientOrder(parts, 1).webTransport!;
    const server = serverOrder(parts, 1, undefined).webTransport!;
    const [asking, answering] = direction === 'receive' ? [client, server] : [server, client];
    expect([asking.testCase, answering.testCase]).toEqual([name, 'transfer']);
    expect([asking.names.length, answering.names, answering.root]).toEqual([5, [], parts.root]);
    expect(asking.root).not.toBe(parts.root);
    mkdirSync(asking.downloads, { recursive: true });
    for (const file of parts.testCase.files) write(join(parts.root, file.name), file.name);
    expect(await deliveryFaults(parts)).toHaveLength(4);
    for (const one of asking.names) {
      const path = `${asking.endpoint}/${one}`;
      write(join(asking.downloads, path), path);
    }
    expect(await deliveryFaults(parts)).toEqual([]);
    write(join(asking.downloads, 'stray'), '');
    expect(await deliveryFaults(parts)).toEqual(['stray was not asked for']);
  },
);
