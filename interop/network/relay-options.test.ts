import { describe, expect, test } from '@jest/globals';
import { readRelayOptions, type RelayFlags } from './relay-options.ts';

const network = (flags: RelayFlags): ReturnType<typeof readRelayOptions>['plan']['network'] =>
  readRelayOptions({ server: '127.0.0.1:443', seed: '1', ...flags }).plan.network;

describe('flags of the relay', () => {
  test('addresses of either family', () => {
    const { plan, captures } = readRelayOptions({ server: '[::1]:443', listen: '127.0.0.2:4433' });
    expect(plan.fronts).toEqual([
      { listen: { ip: '127.0.0.2', port: 4433 }, server: { ip: '::1', port: 443 }, isWatched: true },
    ]);
    expect(captures).toBeUndefined();
  });

  test('change the network of a case', () => {
    const { up, down } = network({
      case: 'transfer',
      delay: '20',
      rate: '2.5',
      queue: '7',
      'drop-up': '2,3',
    });
    expect(down).toMatchObject({ delayUs: 20_000, bytesPerSecond: 312_500, queueDatagrams: 7 });
    expect(up.loss).toEqual({ kind: 'list', indexes: [1, 2] });
    expect(down.loss).toBeUndefined();
  });

  test('impairments and rebinding', () => {
    const { up, rebinding } = network({ blackhole: '5-7', loss: '0.3', corrupt: '0.02', rebind: 'address' });
    expect(up).toMatchObject({
      blackholes: [{ fromUs: 5e6, untilUs: 7e6 }],
      loss: { rate: 0.3, longestRun: 3 },
      corruption: { rate: 0.02, firstBytes: 51 },
    });
    expect(rebinding).toMatchObject({ to: 'address' });
  });

  test.each<[string, RelayFlags]>([
    ['no HOST:PORT', { server: 'nowhere' }],
    ['no number', { loss: 'much' }],
    ['port or address', { rebind: 'both' }],
    ['no network for a case', { case: 'nothing' }],
  ])('%s', (complaint, flags) => {
    expect(() => network(flags)).toThrow(complaint);
  });
});
