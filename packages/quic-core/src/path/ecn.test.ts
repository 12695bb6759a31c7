import { describe, expect, test } from '@jest/globals';
import { covers } from '@tsquic/testing';
import { RecoveryRig } from '../../test/support/recovery-rig.ts';
import { EcnInput, EcnState, stepEcn } from './ecn.ts';
import { Space } from '../packet/levels.ts';

const APP = Space.Application;
const MS = 1000;

/** A rig whose first `packets` packets are in flight, marked as far as the test goes. */
function marking(packets: number, codepoint = 2): RecoveryRig {
  const rig = new RecoveryRig({}, codepoint);
  for (let i = 0; i < packets; i++) rig.send(APP, i);
  return rig;
}

function stateOf(rig: RecoveryRig): number {
  return rig.paths.active.ecn.state;
}

describe('ECN validation', () => {
  test('states are those of RFC 9000 §A.4', () => {
    const names = Object.keys(EcnState);
    const lines = Object.entries(EcnState).map(([name, state]) =>
      [
        name,
        ...Object.entries(EcnInput).map(([input, value]) => `${input}→${names[stepEcn(state, value)]}`),
      ].join(' '),
    );
    expect(lines).toEqual([
      'Testing TestOver→Unknown Validated→Capable Refuted→Failed',
      'Unknown TestOver→Unknown Validated→Capable Refuted→Failed',
      'Capable TestOver→Unknown Validated→Capable Refuted→Failed',
      'Failed TestOver→Failed Validated→Failed Refuted→Failed',
    ]);
  });

  test('ten packets are marked, then none until the path is known to take it', () => {
    const rig = marking(9);
    expect(rig.paths.active.ecn.codepoint).toBe(2);
    rig.send(APP, 9);
    expect([stateOf(rig), rig.paths.active.ecn.codepoint]).toEqual([EcnState.Unknown, 0]);
    rig.send(APP, 10);
    rig.ack(APP, [[0, 10]], 10 * MS, { ecn: [10, 0, 0] });
    expect([stateOf(rig), rig.paths.active.ecn.codepoint]).toEqual([EcnState.Capable, 2]);
  });

  test.each([
    ['right counts', [0, 4], [5, 0, 0], EcnState.Capable],
    ['more than is newly acknowledged, for an ACK was lost', [4, 4], [5, 0, 0], EcnState.Capable],
    ['marked ones count', [0, 4], [3, 0, 2], EcnState.Capable],
    ['no counts', [0, 4], undefined, EcnState.Failed],
    ['too few', [0, 4], [4, 0, 0], EcnState.Failed],
    ['bleached', [0, 4], [0, 0, 0], EcnState.Failed],
    ['turned into the other codepoint', [0, 4], [0, 5, 0], EcnState.Failed],
    ['more than was sent', [0, 4], [9, 0, 0], EcnState.Failed],
    ['more marks than packets', [0, 4], [5, 0, 5], EcnState.Failed],
  ] as const)('counts: %s', (_name, range, ecn, state) => {
    covers('rfc9000-13.4.2.2-1');
    const rig = marking(8);
    rig.ack(APP, [range], 10 * MS, ecn === undefined ? {} : { ecn });
    expect(stateOf(rig)).toBe(state);
    expect(rig.paths.active.ecn.codepoint).toBe(state === EcnState.Failed ? 0 : 2);
  });

  test('ECT(1) is validated by its own counts', () => {
    for (const [ecn, state] of [
      [[0, 5, 0], EcnState.Capable],
      [[5, 0, 0], EcnState.Failed],
    ] as const) {
      const rig = marking(5, 1);
      rig.ack(APP, [[0, 4]], 10 * MS, { ecn });
      expect(stateOf(rig)).toBe(state);
    }
  });

  test('an ACK that is not the newest is not judged', () => {
    covers('rfc9000-13.4.2.1-1');
    const rig = marking(8);
    rig.ack(APP, [[5, 6]], 10 * MS, { ecn: [2, 0, 0] });
    rig.ack(APP, [[4, 4]], 11 * MS, { ecn: [0, 0, 0] });
    rig.ack(APP, [[3, 3]], 12 * MS);
    expect(stateOf(rig)).toBe(EcnState.Capable);
  });

  test('a path that turns bad is found out', () => {
    covers('rfc9000-13.4.2.2-4');
    const rig = marking(5);
    rig.ack(APP, [[0, 4]], 10 * MS, { ecn: [5, 0, 0] });
    rig.send(APP, 20 * MS);
    rig.ack(APP, [[5, 5]], 30 * MS, { ecn: [5, 0, 0] });
    expect([stateOf(rig), rig.paths.active.ecn.codepoint]).toEqual([EcnState.Failed, 0]);
  });

  test('a path that loses everything marked is not marked again', () => {
    const rig = marking(10);
    for (let i = 0; i < 4; i++) rig.send(APP, 20 * MS);
    rig.ack(APP, [[10, 13]], 40 * MS);
    expect(rig.controller.events).toHaveLength(1);
    expect(stateOf(rig)).toBe(EcnState.Failed);
  });

  test('a path that marks everything is not believed', () => {
    const rig = marking(10);
    rig.ack(APP, [[0, 9]], 10 * MS, { ecn: [0, 0, 10] });
    expect([stateOf(rig), rig.controller.events]).toEqual([EcnState.Failed, []]);
  });

  test('three timeouts in a row raise a doubt about a path that took marks so far', () => {
    const rig = marking(5);
    rig.ack(APP, [[0, 4]], 10 * MS, { ecn: [5, 0, 0] });
    rig.send(APP, 20 * MS);
    const codepoints = [0, 0, 0].map(() => {
      rig.recovery.onLossTimer(rig.recovery.timerUs(20 * MS));
      return rig.paths.active.ecn.codepoint;
    });
    expect([codepoints, stateOf(rig)]).toEqual([[2, 2, 0], EcnState.Unknown]);
    // A marked packet that arrives after all dispels it.
    rig.ack(APP, [[5, 5]], 5000 * MS, { ecn: [6, 0, 0] });
    expect([rig.paths.active.ecn.codepoint, stateOf(rig)]).toEqual([2, EcnState.Capable]);
  });

  test('two timeouts without an answer end the test', () => {
    const rig = marking(1);
    rig.recovery.timerUs(0);
    rig.recovery.onLossTimer(1_000_000);
    expect(rig.paths.active.ecn.codepoint).toBe(2);
    rig.recovery.timerUs(1_000_000);
    rig.recovery.onLossTimer(3_000_000);
    expect(rig.paths.active.ecn.codepoint).toBe(0);
  });

  test('new marks are congestion, told once', () => {
    covers('rfc9002-7.3.1-1', 'rfc9000-19.3-1');
    const rig = marking(8);
    rig.ack(APP, [[0, 3]], 10 * MS, { ecn: [3, 0, 1] });
    rig.ack(APP, [[0, 5]], 11 * MS, { ecn: [5, 0, 1] });
    expect(rig.controller.events).toEqual([
      { nowUs: 10 * MS, sentUs: 3, lostBytes: 0, cePackets: 1, inFlightBytes: 4000 },
    ]);
    expect(rig.controller.samples.map(({ ceBytes }) => ceBytes)).toEqual([1000, 0]);
  });

  test('no packet is marked where the option says so', () => {
    const rig = marking(1, 0);
    expect([stateOf(rig), rig.paths.active.ecn.codepoint]).toEqual([EcnState.Failed, 0]);
  });
});
