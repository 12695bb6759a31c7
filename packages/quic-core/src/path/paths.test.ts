import { describe, expect, test } from '@jest/globals';
import { NewReno } from '@tsquic/congestion';
import { covers } from '../../../../tools/covers.ts';
import { openPacket } from '../../test/support/open-packet.ts';
import { Amplification } from './amplification.ts';
import type { Path } from './path.ts';
import { Paths } from './paths.ts';

const SERVER = { ip: '10.0.0.2', port: 443 };
const CLIENT = { ip: '10.0.0.1', port: 5000 };
const OTHER = { ip: '10.0.0.1', port: 6000 };
const THIRD = { ip: '10.0.9.9', port: 7000 };
const TIMEOUT_US = 1_000_000;

function createPaths(isClient = false): Paths {
  let count = 0;
  const paths = new Paths(
    isClient ? SERVER : CLIENT,
    isClient ? CLIENT : SERVER,
    0,
    isClient,
    { initialRttUs: 333_000, maxUdpPayloadBytes: 1452, congestion: (path) => new NewReno(path), ecn: true },
    (out) => out.fill(++count),
    0,
  );
  if (!isClient) paths.active.amplification.validated = true;
  paths.onConfirmed(65_527);
  return paths;
}

/** A client's datagram comes from `remote`, with more than probing frames; returns its path. */
function migrate(paths: Paths, remote: typeof CLIENT, bytes = 1200): Path {
  const path = paths.find(remote, SERVER, 0, 0)!;
  path.amplification.onReceived(bytes);
  paths.remember(path);
  paths.migrate(path);
  return path;
}

/** Write what a path owes into a datagram of `size` bytes; returns the frames. */
function write(path: Path, nowUs = 0, size = 1200): Uint8Array {
  const packet = openPacket(size);
  path.validation.write(packet.writer, TIMEOUT_US, nowUs);
  path.validation.onSent(size);
  return packet.frames();
}

describe('amplification', () => {
  test(`three bytes leave for each that came, until the address is validated ${covers('rfc9000-8.1-2', 'rfc9000-8.1-3', 'rfc9000-14.1-6')}`, () => {
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
  test(`a client ignores servers at other addresses ${covers('rfc9000-9-7')}`, () => {
    const paths = createPaths(true);
    expect(paths.find(THIRD, CLIENT, 0, 0)).toBeUndefined();
    expect(paths.find(SERVER, CLIENT, 0, 0)).toBe(paths.active);
  });

  test(`a client that moves is followed and challenged, with other data each time ${covers('rfc9000-9-4', 'rfc9000-9.3-1', 'rfc9000-9.3-2', 'rfc9000-9.3-3', 'rfc9000-8.2.1-4')}`, () => {
    const paths = createPaths();
    const path = migrate(paths, THIRD);
    expect(paths.active).toBe(path);
    expect(path.amplification.room).toBe(3600);
    const first = write(path);
    paths.onTimer(TIMEOUT_US);
    const second = write(path, TIMEOUT_US);
    expect([first[0], first.length, second.length]).toEqual([0x1a, 9, 9]);
    expect(second).not.toEqual(first);
    // Either may be answered, on any path.
    paths.onResponse(first.slice(1));
    expect([path.amplification.validated, paths.timerUs()]).toEqual([true, Infinity]);
  });

  test(`the address it left is challenged too ${covers('rfc9000-9.3.3-1')}`, () => {
    const paths = createPaths();
    const old = paths.active;
    migrate(paths, OTHER);
    expect(paths.withFrames()).toBe(old);
    expect(write(old)[0]).toBe(0x1a);
  });

  test(`nobody answers: back to the last validated address ${covers('rfc9000-9.3.2-1')}`, () => {
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

  test(`a peer that flaps between two addresses is not challenged each time ${covers('rfc9000-8.2.1-3')}`, () => {
    const paths = createPaths();
    const home = paths.active;
    const path = migrate(paths, OTHER);
    paths.onResponse(write(path).slice(1));
    write(home);
    let challenges = 0;
    for (let i = 0; i < 1000; i++) {
      const left = paths.active;
      migrate(paths, i % 2 === 0 ? CLIENT : OTHER);
      challenges += write(left, i * 10_000).length > 0 ? 1 : 0;
      // Nothing is answered; once in a while a challenge is due again.
      paths.onTimer(i * 10_000);
    }
    // Ten seconds: each address is asked three times at intervals that double, then given up or asked afresh.
    expect(challenges).toBeLessThan(20);
  });

  test('an address that was validated need not be again', () => {
    const paths = createPaths();
    const home = paths.active;
    const path = migrate(paths, OTHER);
    paths.onResponse(write(path).slice(1));
    write(home);
    migrate(paths, CLIENT);
    expect([paths.active, home.amplification.room]).toEqual([home, Infinity]);
  });

  test(`what answers a short datagram has shown the address, not the size ${covers('rfc9000-8.2.1-6', 'rfc9000-8.2.3-1')}`, () => {
    const paths = createPaths();
    const path = migrate(paths, OTHER, 100);
    paths.onResponse(write(path, 0, 300).slice(1));
    expect(path.amplification.validated).toBe(true);
    const second = write(path);
    expect(second[0]).toBe(0x1a);
    expect(path.mtu.probeBytes).toBe(0);
    paths.onResponse(second.slice(1));
    expect([path.validation.isChallenging, path.mtu.probeBytes]).toEqual([false, 1452]);
  });

  test(`every challenge is answered once, on its path, with its data ${covers('rfc9000-8.2.2-1', 'rfc9000-8.2.2-3', 'rfc9000-8.2.2-7', 'rfc9000-19.17-1')}`, () => {
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
    paths.onResponse(new Uint8Array(8));
    expect(path.amplification.validated).toBe(false);
  });

  test(`a new path begins anew ${covers('rfc9000-9.4-1', 'rfc9000-9.4-2')}`, () => {
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

  test(`before the handshake is confirmed packets are taken from anywhere, and nothing is sent there ${covers('rfc9000-9-1')}`, () => {
    const paths = new Paths(
      CLIENT,
      SERVER,
      0,
      false,
      { initialRttUs: 333_000, maxUdpPayloadBytes: 1452, congestion: (path) => new NewReno(path), ecn: true },
      (out) => out.fill(1),
      0,
    );
    const { active } = paths;
    migrate(paths, OTHER);
    expect([paths.active, paths.withFrames(), active.amplification.room]).toEqual([active, undefined, 0]);
  });
});
