import { describe, expect, test } from '@jest/globals';
import { covers } from '@tsquic/testing';
import { RecoveryRig } from '../../test/support/recovery-rig.ts';
import { Space, SPACES } from '../packet/levels.ts';

const { Initial, Handshake, Application } = Space;
const MS = 1000;
const FIRST_PTO = 999 * MS;

/** Let the timer fire; returns when it did. */
function fire(rig: RecoveryRig, nowUs: number): number {
  const dueUs = rig.recovery.timerUs(nowUs);
  rig.recovery.onLossTimer(dueUs);
  return dueUs;
}

function probes(rig: RecoveryRig): number[] {
  return SPACES.map((space) => rig.space(space)?.sending.probes ?? 0);
}

describe('probe timeout', () => {
  test('doubles with every expiry, until something is acknowledged', () => {
    covers('rfc9002-6.2.1-5', 'rfc9002-6.2-1');
    const rig = new RecoveryRig();
    rig.send(Handshake, 0);
    const dueUs = [0, 0, 0, 0].map(() => fire(rig, 0));
    expect(dueUs).toEqual([1, 3, 7, 15].map((n) => n * FIRST_PTO));
    // Nothing is lost by that: it is still in flight, and only repeated.
    expect([rig.paths.active.inFlightBytes, rig.controller.events]).toEqual([1000, []]);
    rig.ack(Handshake, [[0, 0]], 19_000 * MS);
    rig.send(Handshake, 20_000 * MS);
    expect(rig.recovery.timerUs(0)).toBe(20_000 * MS + rig.paths.active.rtt.ptoUs);
  });

  test('a client whose server is silent repeats itself once after the initial RTT, and no timeout waits for that', () => {
    const rig = new RecoveryRig({ isClient: true, confirmed: false, hasHandshakeKeys: false });
    rig.send(Initial, 0);
    expect(fire(rig, 0)).toBe(333 * MS);
    expect([probes(rig), rig.pto.count, rig.pto.total]).toEqual([[0, 0, 0], 0, 0]);
    rig.send(Initial, 333 * MS);
    expect(fire(rig, 333 * MS)).toBe(FIRST_PTO);
    expect([probes(rig), rig.pto.count]).toEqual([[2, 0, 0], 1]);
  });

  test.each([
    ['a server', { confirmed: false, hasHandshakeKeys: false }],
    ['a client that was answered', { isClient: true, confirmed: false, hasHandshakeKeys: true }],
  ])('%s does not', (_, progress) => {
    const rig = new RecoveryRig(progress);
    rig.send(Initial, 0);
    expect(rig.recovery.timerUs(0)).toBe(FIRST_PTO);
  });

  test('covers the peer’s delay in the last space alone', () => {
    const rig = new RecoveryRig();
    rig.send(Application, 0);
    expect(rig.recovery.timerUs(0)).toBe(FIRST_PTO + 25 * MS);
  });

  test('the earlier space goes first', () => {
    covers('rfc9002-6.2.1-2');
    const rig = new RecoveryRig({ confirmed: false });
    rig.send(Handshake, 5 * MS);
    rig.send(Initial, 8 * MS);
    expect(rig.recovery.timerUs(8 * MS)).toBe(5 * MS + FIRST_PTO);
    fire(rig, 8 * MS);
    expect(probes(rig)).toEqual([0, 2, 0]);
  });

  test('no timeout for 1-RTT packets before the handshake is confirmed', () => {
    covers('rfc9002-6.2.1-3');
    const rig = new RecoveryRig({ confirmed: false, hasHandshakeKeys: true });
    rig.send(Application, 0);
    fire(rig, 0);
    expect(probes(rig)).toEqual([0, 1, 0]);
    rig.progress.confirmed = true;
    rig.recovery.discardSpace(rig.space(Handshake)!, 0);
    fire(rig, 0);
    expect(probes(rig)).toEqual([0, 0, 2]);
  });

  test('a probe repeats the two oldest, and elicits an answer', () => {
    covers('rfc9002-6.2.4-1');
    const rig = new RecoveryRig();
    rig.send(Application, 0, { eliciting: false });
    rig.send(Application, 0, { probe: true });
    for (let i = 0; i < 4; i++) rig.send(Application, 0);
    fire(rig, 0);
    expect([rig.lost, probes(rig)]).toEqual([
      [2, 3],
      [0, 0, 2],
    ]);
    rig.send(Application, 2000 * MS);
    expect(probes(rig)).toEqual([0, 0, 1]);
  });

  test('a client keeps asking while nothing shows that its address is believed', () => {
    covers('rfc9002-6.2.2.1-2', 'rfc9002-6.2.2.1-3', 'rfc9000-8.1-5');
    const rig = new RecoveryRig({
      isClient: true,
      confirmed: false,
      peerValidated: false,
      hasHandshakeKeys: false,
    });
    rig.send(Initial, 0);
    rig.ack(Initial, [[0, 0]], 100 * MS);
    const ptoUs = rig.paths.active.rtt.ptoUs;
    expect(fire(rig, 100 * MS)).toBe(100 * MS + ptoUs);
    expect(probes(rig)).toEqual([1, 0, 0]);
    // Its own acknowledgements do not take the backoff away: the server may be unable to send. RFC 9002 §6.2.1
    rig.send(Initial, 500 * MS);
    rig.ack(Initial, [[1, 1]], 600 * MS);
    expect(rig.recovery.timerUs(600 * MS)).toBe(600 * MS + 2 * rig.paths.active.rtt.ptoUs);
    rig.progress.hasHandshakeKeys = true;
    fire(rig, 600 * MS);
    expect(probes(rig)).toEqual([0, 1, 0]);
    rig.send(Handshake, 1000 * MS);
    rig.ack(Handshake, [[0, 0]], 1100 * MS);
    expect(rig.recovery.timerUs(1100 * MS)).toBe(Infinity);
  });

  test('a server that may send nothing does not wait for anything', () => {
    covers('rfc9002-6.2.2.1-1');
    const rig = new RecoveryRig({ confirmed: false });
    rig.paths.active.amplification.validated = false;
    rig.paths.active.amplification.onReceived(1200);
    rig.send(Handshake, 0);
    expect(rig.recovery.timerUs(0)).toBe(FIRST_PTO);
    rig.paths.active.amplification.onSent(3590);
    expect(rig.recovery.timerUs(0)).toBe(Infinity);
    rig.paths.active.amplification.onReceived(50);
    expect(rig.recovery.timerUs(0)).toBe(FIRST_PTO);
    // An Initial that must be acknowledged takes 1200 bytes. RFC 9000 §14.1
    const early = new RecoveryRig({ confirmed: false, hasHandshakeKeys: false });
    early.paths.active.amplification.validated = false;
    early.send(Initial, 0);
    early.paths.active.amplification.onReceived(399);
    expect(early.recovery.timerUs(0)).toBe(Infinity);
    early.paths.active.amplification.onReceived(1);
    expect(early.recovery.timerUs(0)).toBe(FIRST_PTO);
  });

  test('keys that go take their packets and timers with them', () => {
    covers('rfc9002-6.2.2-4', 'rfc9002-6.4-1', 'rfc9002-6.4-2');
    const rig = new RecoveryRig({ confirmed: false, hasHandshakeKeys: false });
    for (let i = 0; i < 5; i++) rig.send(Initial, i);
    fire(rig, 0);
    const initial = rig.space(Initial)!;
    rig.recovery.discardSpace(initial, 2000 * MS);
    expect([rig.paths.active.inFlightBytes, rig.pto.count, probes(rig)]).toEqual([0, 0, [0, 0, 0]]);
    expect([rig.recovery.timerUs(2000 * MS), rig.controller.events]).toEqual([Infinity, []]);
    expect([initial.discarded, rig.space(Initial)]).toEqual([true, undefined]);
    expect(initial.sending.sent.elicitingCount).toBe(0);
  });

  test('a Retry has everything sent again, from the start', () => {
    const rig = new RecoveryRig({
      isClient: true,
      confirmed: false,
      peerValidated: false,
      hasHandshakeKeys: false,
    });
    rig.send(Initial, 0);
    fire(rig, 0);
    rig.lost.length = 0;
    rig.recovery.loseAll(rig.space(Initial)!, 1500 * MS);
    expect([rig.lost, rig.paths.active.inFlightBytes, rig.pto.count, probes(rig)]).toEqual([
      [0],
      0,
      0,
      [0, 0, 0],
    ]);
  });

  test('three timeouts in a row bring the MTU back to what every path carries', () => {
    const rig = new RecoveryRig();
    const { active } = rig.paths;
    rig.paths.onConfirmed(65_527, 25_000);
    active.mtu.onProbeSent();
    active.onMtuProbeAcked(1452);
    rig.send(Application, 0);
    for (let i = 0; i < 3; i++) {
      expect(active.mtu.mtuBytes).toBe(1452);
      fire(rig, 0);
    }
    expect([active.mtu.mtuBytes, active.mtu.probeBytes]).toEqual([1200, 1452]);
  });
});
