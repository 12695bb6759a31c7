import { expect, test } from '@jest/globals';
import { StopAndWait } from '../test/stop-and-wait.ts';
import { type Attack, createAdversary } from './adversary.ts';
import { World } from './world.ts';

const A = { ip: '10.0.0.1', port: 5001 };
const B = { ip: '10.0.0.2', port: 443 };

/** What the server takes in while a client sends one datagram that starts `first`. */
function takenIn(attack: Attack, first: readonly number[]): { atUs: number; from: string; hex: string }[] {
  const world = new World(1);
  const asker = new StopAndWait(1, B, 20);
  const prepare = asker.prepareNextPacket.bind(asker);
  asker.prepareNextPacket = (out, nowUs) => {
    const length = prepare(out, nowUs);
    out.buffer.set(first);
    return length;
  };
  world.addHost({ name: 'client', context: asker, addresses: [A] });
  world.addHost({ name: 'server', context: new StopAndWait(0), addresses: [B] });
  world.addRoute(A.ip, B.ip, [world.addLink('up', { delayUs: 1000 })]);
  world.observe(createAdversary(world, [attack]));
  const taken: { atUs: number; from: string; hex: string }[] = [];
  world.observe({
    onReceive: (host, { bytes, from }, atUs) =>
      void taken.push({
        atUs,
        from: `${host.name} from ${from.ip}`,
        hex: Buffer.from(bytes).toString('hex'),
      }),
  });
  world.run(() => false, 50_000);
  return taken;
}

const LONG = [0xc0, 0, 0, 0, 1, 2, 0xaa, 0xbb, 1, 0xcc, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7];
const LONG_HEX = Buffer.from(LONG).toString('hex');
const attack = { chance: 1, delayUs: 3000 };

test('a replay and a spoof', () => {
  const original = { atUs: 1000, from: 'server from 10.0.0.1', hex: LONG_HEX };
  expect(takenIn({ kind: 'replay', ...attack }, LONG)).toEqual([original, { ...original, atUs: 3000 }]);
  const address = { ip: '203.0.113.7', port: 9 };
  expect(takenIn({ kind: 'spoof', address, chance: 1, delayUs: 10 }, LONG)).toEqual([
    { ...original, atUs: 10, from: 'server from 203.0.113.7' },
    original,
  ]);
});

test('forged answers carry the connection IDs the other way round', () => {
  const [, negotiation] = takenIn({ kind: 'version-negotiation', ...attack }, LONG);
  expect(negotiation).toEqual({
    atUs: 3000,
    from: 'client from 10.0.0.2',
    hex: 'cf0000000001cc02aabb00000001',
  });
  expect(takenIn({ kind: 'retry', ...attack }, LONG)[1]!.hex).toMatch(/^f00000000101cc02aabb[0-9a-f]{80}$/);
  expect(takenIn({ kind: 'reset', ...attack }, LONG)[1]!.hex).toMatch(/^[4-7][0-9a-f]{85}$/);
  expect(takenIn({ kind: 'retry', ...attack }, [0x40])).toHaveLength(1);
});

test('one bit, a cut, noise, another datagram behind', () => {
  const bits = (hex: string): number =>
    [...Buffer.from(hex, 'hex')].reduce(
      (n, byte, i) => n + (byte ^ LONG[i]!).toString(2).replaceAll('0', '').length,
      0,
    );
  expect(bits(takenIn({ kind: 'flip', ...attack }, LONG)[1]!.hex)).toBe(1);
  const cut = takenIn({ kind: 'truncate', ...attack }, LONG)[1]!.hex;
  expect(LONG_HEX.startsWith(cut)).toBe(true);
  expect(cut.length).toBeLessThan(LONG_HEX.length);
  expect(takenIn({ kind: 'noise', ...attack }, LONG)[1]!.hex).toHaveLength(LONG_HEX.length);
  expect(takenIn({ kind: 'splice', ...attack }, LONG)[1]!.hex).toBe(LONG_HEX);
});
