import { describe, expect, test } from '@jest/globals';
import { readOptions, UsageFault } from './options.ts';

function read(...args: string[]): NonNullable<ReturnType<typeof readOptions>> {
  return readOptions(args)!;
}

const names = (all: readonly { readonly name: string }[]): string => all.map(({ name }) => name).join(' ');

describe('the command line', () => {
  test('asks everybody for everything but measurements, in both roles', () => {
    const { peers, cases, roles, lanes, repeat, namesPeers } = read();
    expect(peers.length).toBeGreaterThanOrEqual(7);
    expect(names(peers)).not.toContain('self');
    expect(names(cases)).toMatch(/^handshake transfer .* loss$/);
    expect(names(cases)).not.toContain('goodput');
    expect([roles, lanes, repeat, namesPeers]).toEqual([['server', 'client'], 3, 1, false]);
  });

  test('names what it wants', () => {
    const { peers, cases, roles, seed, repeat } = read(
      ...['--peer', 'self,quinn', '--case', 'v2,goodput', '--role', 'client', '--seed', '9', '--repeat', '3'],
    );
    expect([names(peers), names(cases), roles, seed, repeat]).toEqual([
      'self quinn',
      'v2 goodput',
      ['client'],
      9,
      3,
    ]);
  });

  test('--quick and --measure are defaults, which it may change', () => {
    expect(names(read('--quick').peers)).toBe('self aioquic quic-go');
    expect(names(read('--quick', '--case', 'ipv6').cases)).toBe('ipv6');
    const { cases, repeat, lanes } = read('--measure', '--repeat', '2');
    expect([names(cases), repeat, lanes]).toEqual(['goodput crosstraffic', 2, 1]);
  });

  test('without a seed, each time another', () => {
    expect(read().seed).not.toBe(read().seed);
  });

  test.each([
    [['--peer', 'nobody'], 'no such peer: nobody'],
    [['--case', 'nothing'], 'no such case: nothing'],
    [['--role', 'both'], '--role is client or server, not both'],
    [['--lanes', '0'], '--lanes is a number from 1 on, not 0'],
    [['--seed', 'x'], '--seed is a number from 0 on, not x'],
    [['--quick', '--measure'], '--quick measures nothing'],
  ])('%j is refused', (args, complaint) => {
    expect(() => readOptions(args)).toThrow(new UsageFault(complaint));
  });
});
