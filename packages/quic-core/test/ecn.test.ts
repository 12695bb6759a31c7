import { describe, expect, test } from '@jest/globals';
import { Prague } from '@tsquic/congestion';
import { createNodeProvider } from '@tsquic/crypto/node';
import {
  createConnectedPair,
  createPair,
  ECN_ALL_CE,
  ECN_BLEACH,
  ECN_SWAP,
  type Pair,
  type PairOptions,
} from '@tsquic/simulator';
import { covers } from '@tsquic/testing';

const SECOND = 1_000_000;
const LENGTH = 300_000;

interface Run {
  readonly pair: Pair;
  /** Codepoints of the client's datagrams, one character each. */
  readonly marks: string;
}

/** A transfer from client to server over a link that does this to ECN. */
function transfer(options: Partial<PairOptions>): Run {
  const pair = createConnectedPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed: 9,
    ...options,
  });
  const marks: number[] = [];
  pair.world.observe({
    onSend: (host, datagram) => void (host === pair.client.host && marks.push(datagram.ecn)),
  });
  const { id } = pair.client.sendPattern(LENGTH);
  expect(pair.run(() => pair.server.received(id).finished, 60 * SECOND)).toBe(true);
  return { pair, marks: marks.join('') };
}

describe('ECN', () => {
  test('a clean path is marked with ECT(0) throughout', () => {
    expect(transfer({}).marks).toMatch(/^2+$/);
  });

  test('a controller for L4S has ECT(1)', () => {
    expect(transfer({ client: { congestion: (path) => new Prague(path) } }).marks).toMatch(/^1+$/);
  });

  test('the option turns marks off', () => {
    expect(transfer({ client: { transport: { ecn: false } } }).marks).toMatch(/^0+$/);
  });

  test.each([
    ['bleaches', ECN_BLEACH],
    ['swaps codepoints', ECN_SWAP],
    ['marks everything', ECN_ALL_CE],
  ] as const)('a path that %s is not marked for long, and carries all the same', (_name, ecnRewrite) => {
    covers('rfc9000-13.4.2.2-1');
    const { marks, pair } = transfer({ up: { ecnRewrite } });
    expect(marks).toMatch(/^[0-2]{0,12}0+$/);
    expect(pair.client.connection.statistics().packetsLost).toBe(0);
  });

  test('marks slow the sender down, without a loss', () => {
    covers('rfc9002-7.3.1-1');
    const window = (ceMarking: number): number => {
      const { pair } = transfer({ up: { ceMarking } });
      const { packetsLost, congestionWindowBytes } = pair.client.connection.statistics();
      expect(packetsLost).toBe(0);
      return congestionWindowBytes;
    };
    expect(window(0.05)).toBeLessThan(window(0) / 2);
  });

  test('a path that swallows marked packets carries a handshake all the same: two timeouts speak against marks', () => {
    const pair = createPair({
      createCrypto: (random) => createNodeProvider({ random }),
      seed: 9,
      up: { blackholes: [{ fromUs: 0, untilUs: 2 * SECOND }] },
    });
    const marks: string[] = [];
    pair.world.observe({
      onSend: (host, { ecn }, nowUs) =>
        void (host === pair.client.host && marks.push(`${Math.floor(nowUs / SECOND)} s: ${ecn}`)),
    });
    const connection = pair.connect();
    expect(pair.run(() => connection.statistics().state === 'confirmed', 8 * SECOND)).toBe(true);
    expect(marks[0]).toBe('0 s: 2');
    const later = marks.filter((mark) => mark >= '2 s');
    expect(later.length).toBeGreaterThan(0);
    for (const mark of later) expect(mark).toMatch(/: 0$/);
  });
});
