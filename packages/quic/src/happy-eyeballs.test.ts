import { describe, expect, test } from '@jest/globals';
import { VirtualNetwork } from '../test/virtual-network.ts';
import { interleaveFamilies, raceAttempts } from './happy-eyeballs.ts';

describe('interleaveFamilies', () => {
  test.each([
    [
      ['10.0.0.1', '::1'],
      ['::1', '10.0.0.1'],
    ],
    [
      ['10.0.0.1', '10.0.0.2', '::1', '::2', '::3'],
      ['::1', '10.0.0.1', '::2', '10.0.0.2', '::3'],
    ],
    [
      ['10.0.0.2', '10.0.0.1'],
      ['10.0.0.2', '10.0.0.1'],
    ],
    [[], []],
  ])('%j', (given, expected) => {
    expect(interleaveFamilies(given)).toEqual(expected);
  });
});

/** `+300` connects after 300 ms, `-300` fails then, `?` never answers. */
describe('raceAttempts', () => {
  test.each<[script: string[], begunAtMs: number[], outcome: string]>([
    [['+100'], [0], '+100'],
    [['+100', '+1'], [0], '+100'],
    [['+300', '+100'], [0, 250], '+300'],
    [['+400', '+100'], [0, 250], '+100'],
    [['-10', '+100'], [0, 10], '+100'],
    [['?', '-10', '+10'], [0, 250, 500], '+10'],
    [['-300', '-10', '+10'], [0, 250, 300], '+10'],
    [['-10', '-20'], [0, 10], 'error -10,-20'],
    [['-600', '-20'], [0, 250], 'error -20,-600'],
  ])('%j begins at %j ms and ends with %s', async (script, begunAtMs, outcome) => {
    const run = new Run(script);
    expect(await run.outcome()).toBe(outcome);
    expect(run.begunAtMs).toEqual(begunAtMs);
    expect(run.isAllAborted).toBe(run.isAnyUnderWay);
  });

  test('what connects too late is thrown away', async () => {
    const run = new Run(['+300', '+260']);
    expect(await run.outcome()).toBe('+300');
    await run.network.pass(1_000_000);
    expect(run.discarded).toEqual(['+260']);
  });

  test('the signal ends it, and every attempt', async () => {
    const abort = new AbortController();
    const run = new Run(['?', '?'], abort.signal);
    const outcome = run.outcome();
    await run.network.pass(300_000);
    abort.abort('enough');
    expect(await outcome).toBe('error enough');
    expect(run.aborted).toBe(2);
  });

  test('is no race with one address that nothing may stop', async () => {
    for (const [script, signal] of [
      [['+1'], undefined],
      [['-1'], undefined],
      [['+1'], new AbortController().signal],
      [['+1', '+1'], undefined],
    ] as const) {
      const run = new Run(script, signal);
      expect(await run.outcome()).toContain(script[0]);
      expect(run.isStoppable).toBe(signal !== undefined || script.length > 1);
    }
  });
});

class Run {
  readonly network = new VirtualNetwork();
  readonly begunAtMs: number[] = [];
  readonly discarded: string[] = [];
  aborted = 0;
  isStoppable = false;
  private ended = 0;
  private readonly promise: Promise<string>;

  constructor(script: readonly string[], signal?: AbortSignal) {
    const { clock } = this.network;
    this.promise = raceAttempts<string>({
      addresses: script,
      attempt: (address, stop) => this.attempt(address, stop),
      discard: (late) => this.discarded.push(late),
      choose: (failures) => failures.join(','),
      delayUs: 250_000,
      clock,
      signal,
    });
  }

  /** Whether attempts were under way when the race had its result. */
  get isAnyUnderWay(): boolean {
    return this.ended < this.begunAtMs.length;
  }

  get isAllAborted(): boolean {
    return this.aborted === this.begunAtMs.length;
  }

  outcome(): Promise<string> {
    return this.network.until(this.promise.catch((error: unknown) => `error ${String(error)}`));
  }

  private attempt(address: string, stop: AbortSignal | undefined): Promise<string> {
    const { clock } = this.network;
    this.begunAtMs.push(clock.nowUs() / 1000);
    this.isStoppable = stop !== undefined;
    stop?.addEventListener('abort', () => this.aborted++);
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.ended++;
        return address.startsWith('+') ? resolve(address) : reject(address);
      };
      if (address !== '?') clock.createAlarm(end).set(Number(address.slice(1)) * 1000);
    });
  }
}
