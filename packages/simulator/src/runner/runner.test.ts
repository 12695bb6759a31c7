import { describe, expect, test } from '@jest/globals';
import { PacketType } from '@tsquic/quic-core';
import { FrameType } from '@tsquic/quic-core/wire';
import { RUN_OPTIONS } from '../../test/run-options.ts';
import { Ecn } from '../datagram.ts';
import { QUIC_1 } from '../negotiated-version.ts';
import type { CapturedDatagram, CapturedPacket, End, Traces } from './capture.ts';
import { RUNNER_CASES } from './catalogue.ts';
import { runRunnerCase, type RunnerOptions } from './run.ts';
import type { InapplicableCase, RunnerCase } from './runner-case.ts';

const { createCrypto } = RUN_OPTIONS;
const KIB = 1024;
const isRunnable = (one: RunnerCase | InapplicableCase): one is RunnerCase => !('notApplicable' in one);
const RUNNABLE = RUNNER_CASES.filter(isRunnable);

/** Cases whose links must have harmed datagrams, for the verdict to mean anything. */
const HARMED: Readonly<Record<string, 'lost' | 'corrupted'>> = {
  blackhole: 'lost',
  amplificationlimit: 'lost',
  handshakeloss: 'lost',
  transferloss: 'lost',
  handshakecorruption: 'corrupted',
  transfercorruption: 'corrupted',
};

describe('the cases of quic-interop-runner between two contexts', () => {
  test.each(RUNNABLE.map((one) => [one.name, one] as const))('%s (seed 1)', (name, runnerCase) => {
    const result = runRunnerCase(runnerCase, { createCrypto, seed: 1 });
    expect(result.faults).toEqual([]);
    const harmed = HARMED[name];
    if (harmed !== undefined) expect(result[harmed]).toBeGreaterThan(0);
  });

  test('22 have a name, and all but http3 are run', () => {
    expect(RUNNER_CASES).toHaveLength(22);
    expect(new Set(RUNNER_CASES.map(({ name }) => name)).size).toBe(22);
    expect(RUNNER_CASES.filter((one) => !isRunnable(one)).map(({ name }) => name)).toEqual(['http3']);
  });
});

/** A way to break a case, and what its check must say. */
interface Planted {
  readonly what: string;
  readonly of: string;
  /** Changes of the case; files are few where the fault does not need them. */
  readonly change?: Partial<RunnerCase>;
  readonly run?: Partial<RunnerOptions>;
  readonly says: RegExp;
}

const SMALL = { files: [KIB] };
const WIDE = { transport: { maxBidirectionalStreams: 1001 } };

const PLANTED: readonly Planted[] = [
  {
    of: 'handshake',
    what: 'a Retry',
    change: { server: { retry: 'always' } },
    says: /^the server has sent a Retry$/,
  },
  {
    of: 'handshake',
    what: 'a handshake of version 2',
    change: { connection: { version: 0x6b33_43cf } },
    says: /not of version 1/,
  },
  {
    of: 'handshake',
    what: 'two connections',
    change: { connections: 'each', files: [KIB, KIB] },
    says: /^2 handshakes, not 1$/,
  },
  {
    of: 'transfer',
    what: 'a file that is cut',
    change: SMALL,
    run: { respond: () => KIB - 1 },
    says: /^1023 of 1024 bytes/,
  },
  { of: 'longrtt', what: 'a short round trip', change: { link: {} }, says: /^1 ClientHello, not 2/ },
  {
    of: 'chacha20',
    what: 'other suites',
    change: { ...SMALL, client: {} },
    says: /^the client offers 0x130\d, 0x130\d/,
  },
  {
    of: 'multiplexing',
    what: 'a limit of 1001',
    change: { ...SMALL, server: WIDE },
    says: /^initial_max_streams_bidi is 1001/,
  },
  { of: 'multiplexing', what: 'few streams', change: SMALL, says: /no MAX_STREAMS$/ },
  { of: 'retry', what: 'no Retry', change: { server: {} }, says: /no Retry with a token$/ },
  {
    of: 'retry',
    what: 'packet numbers that start again',
    run: {
      tamper: (traces) => changePackets(traces, 'client', isInitial, (packet) => ({ ...packet, number: 0 })),
    },
    says: /^Initial packet 0 after the Retry, 0 before it$/,
  },
  {
    of: 'retry',
    what: 'a token that does not come back',
    run: {
      tamper: (traces) => changePackets(traces, 'client', isInitial, (packet) => ({ ...packet, token: '' })),
    },
    says: /has the token of the Retry$/,
  },
  {
    of: 'resumption',
    what: 'a second full handshake',
    change: { connections: 'each' },
    says: /^the second handshake has a Certificate$/,
  },
  {
    of: 'resumption',
    what: 'a first handshake without its frames',
    run: { tamper: (traces) => dropFrames(traces, 'server', FrameType.Crypto) },
    says: /^the first handshake has no Certificate$/,
  },
  { of: 'zerortt', what: 'a server without 0-RTT', change: { server: {} }, says: /nothing in 0-RTT$/ },
  {
    of: 'zerortt',
    what: 'requests after the handshake',
    change: { connections: 'resumed' },
    says: /^the client has sent \d+ bytes in 1-RTT, more than 5000$/,
  },
  {
    of: 'blackhole',
    what: 'a blackhole without an end',
    change: { link: { blackholes: [{ fromUs: 100_000, untilUs: Infinity }] } },
    says: /^1 of 1 files did not come$/,
  },
  {
    of: 'keyupdate',
    what: 'no update',
    change: { ...SMALL, onConfirmed: () => {} },
    says: /^no packet of the client has key phase 1$/,
  },
  {
    of: 'keyupdate',
    what: 'a server that does not follow',
    change: SMALL,
    run: {
      tamper: (traces) =>
        changePackets(
          traces,
          'server',
          () => true,
          (packet) => ({ ...packet, keyPhase: 0 }),
        ),
    },
    says: /^no packet of the server has key phase 1$/,
  },
  {
    of: 'ecn',
    what: 'a client that does not mark',
    change: { client: { transport: { ecn: false } } },
    says: /^the client has sent no datagram with ECT$/,
  },
  {
    of: 'ecn',
    what: 'a path that erases marks',
    change: { link: { ecnRewrite: [0, 0, 0, 0] } },
    says: /no ACK with ECN counts$/,
  },
  {
    of: 'ecn',
    what: 'an end that sends CE',
    run: { tamper: (traces) => changeDatagrams(traces, 'server', (one) => ({ ...one, ecn: Ecn.Ce })) },
    says: /^the server has sent CE$/,
  },
  { of: 'amplificationlimit', what: 'a short chain', change: { chainBytes: 1000 }, says: /less than 7500$/ },
  {
    of: 'amplificationlimit',
    what: 'a server that sends more',
    run: {
      tamper: (traces) => changeDatagrams(traces, 'server', (one) => ({ ...one, bytes: one.bytes + 1 })),
    },
    says: /^the server has sent 3\d+ bytes for 1200$/,
  },
  {
    of: 'handshakeloss',
    what: 'one connection less',
    change: { files: filesOf(49) },
    says: /^49 handshakes, not 50$/,
  },
  {
    of: 'handshakeloss',
    what: 'a path that loses all',
    change: { link: { loss: { kind: 'random', rate: 1 } }, timeoutSeconds: 20 },
    says: /^50 of 50 files did not come$/,
  },
  {
    of: 'transferloss',
    what: 'a path that loses all',
    change: { link: { loss: { kind: 'random', rate: 1 } }, timeoutSeconds: 20 },
    says: /^1 of 1 files did not come$/,
  },
  {
    of: 'handshakecorruption',
    what: 'one connection less',
    change: { files: filesOf(49) },
    says: /^49 handshakes, not 50$/,
  },
  {
    of: 'transfercorruption',
    what: 'a path that changes all',
    change: { link: { corruption: 1 } },
    says: /^1 of 1 files did not come$/,
  },
  {
    of: 'ipv6',
    what: 'IPv4',
    change: SMALL,
    run: { tamper: toIpv4 },
    says: /^a datagram has an IPv4 address$/,
  },
  {
    of: 'v2',
    what: 'a server of version 1',
    change: { server: { versions: [QUIC_1] } },
    says: /^no Initial packet of the server has version 2$/,
  },
  {
    of: 'v2',
    what: 'a client that begins with version 2',
    change: { connection: { version: 0x6b33_43cf } },
    says: /^the client begins with version/,
  },
  {
    of: 'v2',
    what: 'a Handshake packet of version 1',
    run: {
      tamper: (traces) =>
        changePackets(
          traces,
          'client',
          ({ type }) => type === PacketType.Handshake,
          (packet) => ({ ...packet, version: QUIC_1 }),
        ),
    },
    says: /^a Handshake packet of the client is missing, or not of version 2$/,
  },
  { of: 'rebind-port', what: 'a NAT that keeps its port', change: { ...SMALL }, says: /on one path only$/ },
  {
    of: 'rebind-port',
    what: 'a new path without challenge',
    change: { files: [2048 * KIB] },
    run: { tamper: (traces) => dropFrames(traces, 'server', FrameType.PathChallenge) },
    says: /begins without PATH_CHALLENGE$/,
  },
  {
    of: 'rebind-port',
    what: 'no answer to the challenge',
    change: { files: [2048 * KIB] },
    run: { tamper: (traces) => dropFrames(traces, 'client', FrameType.PathResponse) },
    says: /was not answered$/,
  },
  {
    of: 'rebind-addr',
    what: 'a new port alone',
    change: { files: [2048 * KIB], nat: RUNNABLE.find(({ name }) => name === 'rebind-port')!.nat! },
    says: /^the server has seen one IP address/,
  },
  {
    of: 'connectionmigration',
    what: 'a client that stays',
    change: { ...SMALL, connection: { preferredAddress: 'ignore' } },
    says: /on one path only$/,
  },
  {
    of: 'connectionmigration',
    what: 'an ID that is taken along',
    change: { files: [256 * KIB] },
    run: {
      tamper: (traces) =>
        changePackets(
          traces,
          'client',
          () => true,
          (packet) => ({ ...packet, destinationId: '01' }),
        ),
    },
    says: /^the client takes an ID along/,
  },
];

describe('planted faults are seen', () => {
  test.each(PLANTED.map((one) => [one.of, one.what, one] as const))(
    '%s: %s',
    (of, _what, { change, run, says }) => {
      const runnerCase = { ...RUNNABLE.find(({ name }) => name === of)!, ...change };
      const { faults } = runRunnerCase(runnerCase, { createCrypto, seed: 1, ...run });
      expect(faults).toContainEqual(expect.stringMatching(says));
    },
  );

  test('every case has one', () => {
    const names = new Set(PLANTED.map(({ of }) => of));
    expect(RUNNABLE.map(({ name }) => name).filter((name) => !names.has(name))).toEqual([]);
  });
});

function filesOf(count: number): number[] {
  return Array.from({ length: count }, () => KIB);
}

function isInitial({ type }: CapturedPacket): boolean {
  return type === PacketType.Initial;
}

function changeDatagrams(
  traces: Traces,
  sender: End,
  change: (one: CapturedDatagram) => CapturedDatagram,
): void {
  for (const trace of [traces.client, traces.server])
    trace.forEach((one, i) => {
      if (one.sender === sender) trace[i] = change(one);
    });
}

function changePackets(
  traces: Traces,
  sender: End,
  isMeant: (packet: CapturedPacket) => boolean,
  change: (packet: CapturedPacket) => CapturedPacket,
): void {
  changeDatagrams(traces, sender, (one) => ({
    ...one,
    packets: one.packets.map((packet) => (isMeant(packet) ? change(packet) : packet)),
  }));
}

function dropFrames(traces: Traces, sender: End, frameType: number): void {
  changePackets(
    traces,
    sender,
    () => true,
    (packet) => ({ ...packet, frames: packet.frames.filter(({ type }) => type !== frameType) }),
  );
}

function toIpv4(traces: Traces): void {
  changeDatagrams(traces, 'client', (one) => ({ ...one, to: { ip: '10.0.0.2', port: 443 } }));
}
