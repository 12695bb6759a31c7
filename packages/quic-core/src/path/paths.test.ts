import { describe, expect, test } from '@jest/globals';
import { NewReno } from '@tsquic/congestion';
import { covers } from '@tsquic/testing';
import { openPacket } from '../../test/support/open-packet.ts';
import { PeerIds } from '../ids/peer-ids.ts';
import { createRegistry } from '../../test/support/registry.ts';
import { RandomBits } from '../packet/random-bits.ts';
import { PacketSpaces } from '../spaces/spaces.ts';
import { Amplification } from './amplification.ts';
import type { Path } from './path.ts';
import { Migration } from './migration.ts';
import { type PathDefaults, Paths } from './paths.ts';

const SERVER = { ip: '10.0.0.2', port: 443 };
const CLIENT = { ip: '10.0.0.1', port: 5000 };
const OTHER = { ip: '10.0.0.1', port: 6000 };
const THIRD = { ip: '10.0.9.9', port: 7000 };
/** The probe timeout of a path without samples, whose peer waits with ACKs as long as most do. RFC 9002 §6.2.1, §6.2.2 */
const TIMEOUT_US = 1_024_000;
const DEFAULTS: PathDefaults = {
  initialRttUs: 333_000,
  maxUdpPayloadBytes: 1452,
  congestion: (path) => new NewReno(path),
  ecn: true,
  space: new PacketSpaces(25_000, 3, () => 0).application,
  spinBit: 'on',
  bits: new RandomBits((out) => out.fill(1)),
};

const createIds = (): PeerIds => new PeerIds(new Uint8Array(8), createRegistry().registry);

/** The paths of a connection, and who decides which is in use. */
class Moving extends Paths {
  readonly migration: Migration = new Migration(this, false);
}

function createPaths(isClient = false): Moving {
  let count = 0;
  const paths = new Moving(
    isClient ? SERVER : CLIENT,
    isClient ? CLIENT : SERVER,
    0,
    isClient,
    createIds(),
    DEFAULTS,
    (out) => out.fill(++count),
    0,
  );
  if (!isClient) paths.active.amplification.validated = true;
  paths.onConfirmed(65_527, 25_000);
  return paths;
}

/** A client's datagram comes from `remote`, with more than probing frames; returns its path. */
function migrate(paths: Moving, remote: typeof CLIENT, bytes = 1200): Path {
  const path = paths.find(remote, SERVER, 0, 0)!;
  path.amplification.onReceived(bytes);
  paths.remember(path);
  paths.migration.follow(path, Infinity);
  return path;
}

/** Write what a path owes into a datagram of `size` bytes; returns the frames. */
function write(path: Path, nowUs = 0, size = 1200): Uint8Array {
  const packet = openPacket(size);
  path.validation.write(packet.writer, nowUs);
  path.validation.onSent(size);
  return packet.frames();
}

describe('amplification', () => {
  test('three bytes leave for each that came, until the address is validated', () => {
    covers('rfc9000-8.1-2', 'rfc9000-8.1-3', 'rfc9000-14.1-6');
    const limit = new Amplification(false);
    expect(limit.room).toBe(0);
    limit.onReceived(1200);
    limit.onSent(3000);
    expect(limit.room).toBe(600);
    limit.onSent(601);
    expect(limit.room).toBe(0);
    limit.validated = true;
    expect(limit.room).toBe(Infinity);
  });
});

describe('paths', () => {
  test('a client ignores servers at other addresses', () => {
    covers('rfc9000-9-7');
    const paths = createPaths(true);
    expect(paths.find(THIRD, CLIENT, 0, 0)).toBeUndefined();
    expect(paths.find(SERVER, CLIENT, 0, 0)).toBe(paths.active);
  });

  test('a client that moves is followed and challenged, with other data each time', () => {
    covers('rfc9000-9-4', 'rfc9000-9.3-1', 'rfc9000-9.3-2', 'rfc9000-9.3-3', 'rfc9000-8.2.1-4');
    const paths = createPaths();
    const path = migrate(paths, THIRD);
    expect(paths.active).toBe(path);
    expect(path.amplification.room).toBe(3600);
    const first = write(path);
    paths.onTimer(TIMEOUT_US);
    const second = write(path, TIMEOUT_US);
    expect([first[0], first.length, second.length]).toEqual([0x1a, 9, 9]);
    // What the source of randomness gave, all eight bytes of it, and each time anew.
    expect([first, second].map((one) => new Set(one.subarray(1)).size)).toEqual([1, 1]);
    expect(first[1]).toBeGreaterThan(0);
    expect(second[1]).toBeGreaterThan(first[1]!);
    // Either may be answered, on any path.
    paths.onResponse(first.slice(1), 0);
    expect([path.amplification.validated, paths.timerUs()]).toEqual([true, Infinity]);
  });

  test('the address it left is challenged too', () => {
    covers('rfc9000-9.3.3-1');
    const paths = createPaths();
    const old = paths.active;
    migrate(paths, OTHER);
    expect(paths.withFrames()).toBe(old);
    expect(write(old)[0]).toBe(0x1a);
  });

  test('nobody answers: back to the last validated address', () => {
    covers('rfc9000-9.3.2-1');
    const paths = createPaths();
    const home = paths.active;
    const path = migrate(paths, THIRD);
    // The old path does not answer either; it is still where to return to.
    for (let nowUs = 0; paths.active !== home; nowUs = paths.timerUs()) {
      expect(nowUs).toBeLessThanOrEqual(7 * TIMEOUT_US);
      paths.onTimer(nowUs);
      write(home, nowUs);
      write(path, nowUs);
    }
    expect(paths.byId(path.id)).toBeUndefined();
    expect(paths.find(CLIENT, SERVER, 0, 0)).toBe(home);
  });

  test('validation of a new path lasts three probe timeouts of the longest path', () => {
    covers('rfc9000-8.2.4-1', 'rfc9000-8.2.4-2');
    const paths = createPaths();
    const home = paths.active;
    home.rtt.onSample(3_000_000, 0, 0);
    // RFC 9002 §5.3, §6.2.1: the first sample, and four times half of it.
    expect(home.rtt.ptoUs).toBe(9_000_000);
    const path = migrate(paths, THIRD);
    let nowUs = 0;
    for (; paths.active === path; nowUs = paths.timerUs()) {
      paths.onTimer(nowUs);
      if (paths.active !== path) break;
      write(path, nowUs);
    }
    expect(nowUs).toBeGreaterThanOrEqual(3 * home.rtt.ptoUs);
    expect(nowUs).toBeLessThan(4 * home.rtt.ptoUs);
  });

  test('where no address was ever validated, the connection is over when none answers', () => {
    covers('rfc9000-9.3.2-2');
    const paths = new Moving(CLIENT, SERVER, 0, false, createIds(), DEFAULTS, (out) => out.fill(1), 0);
    const path = paths.find(OTHER, SERVER, 0, 0)!;
    path.amplification.onReceived(100_000);
    paths.migration.follow(path, 0);
    paths.onConfirmed(65_527, 25_000);
    let nowUs = 0;
    for (let isOver = false; !isOver; isOver = paths.onTimer(nowUs)) {
      write(path, nowUs);
      nowUs = paths.timerUs();
      expect([paths.active, nowUs < 60_000_000]).toEqual([path, true]);
    }
    // A few lost answers are no proof that nobody is there.
    expect(nowUs).toBeGreaterThan(7 * TIMEOUT_US);
  });

  test('a repeated packet takes the path back only if none older than it moved the connection', () => {
    for (const [movedBy, repeated, isBack] of [
      [7, 6, false],
      [7, 7, true],
      [7, 8, true],
      // A packet of the handshake, whose number says nothing about 1-RTT packets.
      [Infinity, 0, false],
      [Infinity, 9, false],
    ] as const) {
      const paths = createPaths();
      const home = paths.active;
      const path = paths.find(OTHER, SERVER, 0, 0)!;
      paths.remember(path);
      paths.migration.follow(path, movedBy);
      expect([paths.migration.onRepeated(home, repeated), paths.active]).toEqual([
        isBack,
        isBack ? home : path,
      ]);
    }
  });

  test('what the other path taught of acknowledgements is forgotten when the peer moves', () => {
    const paths = createPaths();
    const { receiving } = paths.active.space;
    for (let number = 0; number < 5000; number++) receiving.onReceived(number, true, 1, 20_000, number * 100);
    receiving.policy.onAckSent(0, 0);
    migrate(paths, THIRD);
    // A single packet waits for max_ack_delay, not for less because others were expected. RFC 9000 §13.2.1
    receiving.onReceived(5000, true, 0, 20_000, 600_000);
    expect(receiving.policy.dueUs).toBe(600_000 + 25_000);
  });

  test('a peer that flaps between two addresses is not challenged each time', () => {
    covers('rfc9000-8.2.1-3');
    const paths = createPaths();
    const home = paths.active;
    const path = migrate(paths, OTHER);
    paths.onResponse(write(path).slice(1), 0);
    write(home);
    let challenges = 0;
    for (let i = 0; i < 1000; i++) {
      const left = paths.active;
      migrate(paths, i % 2 === 0 ? CLIENT : OTHER);
      challenges += write(left, i * 10_000).length > 0 ? 1 : 0;
      // Nothing is answered; once in a while a challenge is due again.
      paths.onTimer(i * 10_000);
    }
    // Three challenges to an address take 1 + 2 + 4 seconds, and two more fit into ten: five for each of two addresses.
    expect(challenges).toBeLessThanOrEqual(10);
  });

  test('an address that was validated need not be again', () => {
    const paths = createPaths();
    const home = paths.active;
    const path = migrate(paths, OTHER);
    paths.onResponse(write(path).slice(1), 0);
    write(home);
    migrate(paths, CLIENT);
    expect([paths.active, home.amplification.room]).toEqual([home, Infinity]);
  });

  test('what answers a short datagram has shown the address, not the size', () => {
    covers('rfc9000-8.2.1-6', 'rfc9000-8.2.3-1');
    const paths = createPaths();
    const path = migrate(paths, OTHER, 100);
    paths.onResponse(write(path, 0, 300).slice(1), 0);
    expect(path.amplification.validated).toBe(true);
    const second = write(path);
    expect(second[0]).toBe(0x1a);
    expect(path.mtu.probeBytes).toBe(0);
    paths.onResponse(second.slice(1), 0);
    expect([path.validation.isChallenging, path.mtu.probeBytes]).toEqual([false, 1452]);
  });

  test('every challenge is answered once, on its path, with its data', () => {
    covers('rfc9000-8.2.2-1', 'rfc9000-8.2.2-7', 'rfc9000-19.17-1');
    const { active } = createPaths();
    const data = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    active.validation.onChallenge(data);
    expect(write(active)).toEqual(Uint8Array.of(0x1b, ...data));
    expect(write(active)).toHaveLength(0);
    for (let i = 0; i < 100; i++) active.validation.onChallenge(new Uint8Array(8).fill(i));
    expect([...write(active)].filter((_, at) => at % 9 === 1)).toEqual([96, 97, 98, 99]);
  });

  test('answers to nothing are ignored', () => {
    const paths = createPaths();
    const path = migrate(paths, OTHER);
    write(path);
    paths.onResponse(new Uint8Array(8), 0);
    expect(path.amplification.validated).toBe(false);
  });

  test('a new path begins anew', () => {
    covers('rfc9000-9.4-2');
    const paths = createPaths();
    const old = paths.active;
    old.rtt.onSample(10_000, 0, 0);
    const path = migrate(paths, THIRD);
    expect(path.controller).not.toBe(old.controller);
    expect([path.rtt.smoothedUs, path.mtu.mtuBytes, path.inFlightBytes]).toEqual([333_000, 1200, 0]);
  });

  test('four addresses are remembered at once; forged datagrams use up neither places nor numbers', () => {
    const paths = createPaths();
    const home = paths.active;
    for (let i = 0; i < 70_000; i++) paths.find({ ip: '203.0.113.1', port: i % 65_536 }, SERVER, 0, 0);
    const seen = Array.from({ length: 20 }, (_, i) => migrate(paths, { ip: '192.0.2.1', port: i + 1 }));
    expect(seen.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, i) => home.id + 1 + i));
    const kept = seen.filter(({ id }) => paths.byId(id) !== undefined);
    expect(kept.length).toBeLessThanOrEqual(4);
    expect(paths.byId(home.id)).toBe(home);
  });

  test('before the handshake is confirmed packets are taken from anywhere, and nothing is sent there', () => {
    const paths = new Moving(CLIENT, SERVER, 0, false, createIds(), DEFAULTS, (out) => out.fill(1), 0);
    const { active } = paths;
    const path = paths.find(OTHER, SERVER, 0, 0)!;
    path.amplification.onReceived(1200);
    paths.remember(path);
    expect([paths.active, paths.withFrames(), active.amplification.room]).toEqual([active, undefined, 0]);
  });
});
