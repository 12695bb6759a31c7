import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BeforeSealing, decodeFrames } from '@tsquic/quic-core';
import { Ecn, encodePcapRecord, pcapFileHeader, RUNNER_CASES, type RunnerCase } from '@tsquic/simulator';
import { HAS_LONG_HEADER, QUESTIONS } from './catalogue.ts';
import { type Evidence, judgeCapture, measureDownload, NOT_JUDGED } from './judge.ts';
import { readCapture } from './reading.ts';
import { tsharkVersion } from './tshark.ts';
import { type Captured, playVirtually, type Tamper, writeTrial } from './virtual-trial.ts';

const KIB = 1024;
const RUNNABLE = RUNNER_CASES.filter((one): one is RunnerCase => !('notApplicable' in one));
const version = await tsharkVersion();
/** `.ci/run` installs it before it tests. */
const describeJudged = version === undefined ? describe.skip : (describe as typeof describe.skip);

let place = '';
let count = 0;
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'tsquic-judge-'));
});
afterAll(() => rm(place, { recursive: true, force: true }));

const newDirectory = (): string => join(place, String(count++));
const caseOf = (name: string): RunnerCase => RUNNABLE.find((one) => one.name === name)!;
const SMALL = { files: [KIB] };

/** Cases that show the same with less to carry. */
const LESS: Readonly<Record<string, Partial<RunnerCase>>> = {
  transfer: { files: [2 * KIB, 3 * KIB, 5 * KIB] },
  chacha20: SMALL,
  blackhole: { files: [64 * KIB] },
  keyupdate: { files: [64 * KIB] },
  transferloss: { files: [256 * KIB] },
  transfercorruption: { files: [256 * KIB] },
  'rebind-port': rebindingSooner('rebind-port'),
  'rebind-addr': rebindingSooner('rebind-addr'),
  connectionmigration: { files: [256 * KIB] },
};

function rebindingSooner(name: string): Partial<RunnerCase> {
  const bindings = caseOf(name).nat!.bindings.slice(0, 3);
  const sooner = bindings.map(({ address }, i) => ({ address, atUs: i * 150_000 }));
  return { files: [384 * KIB], nat: { bindings: sooner } };
}

async function evidenceOf(
  name: string,
  { change = {}, tamper }: { readonly change?: Partial<RunnerCase>; readonly tamper?: Tamper } = {},
): Promise<Evidence> {
  const trial = playVirtually({ ...caseOf(name), ...LESS[name], ...change });
  return writeTrial(trial, newDirectory(), tamper);
}

/** A way to break a case, and what the judge must say. */
interface Planted {
  readonly of: string;
  /** Another case, whose captures are judged as those of this one. */
  readonly from?: string;
  readonly what: string;
  readonly change?: Partial<RunnerCase>;
  readonly tamper?: Tamper;
  readonly says: RegExp;
}

const WIDE = { transport: { maxBidirectionalStreams: 1001 } };
const VERSION_2 = 0x6b33_43cf;
const IN_VERSION_2 = { connection: { version: VERSION_2 } };

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
    change: IN_VERSION_2,
    says: /have version 0x6b3343cf, not/,
  },
  {
    of: 'handshake',
    what: 'two connections',
    change: { connections: 'each', files: [KIB, KIB] },
    says: /^2 handshakes, not 1$/,
  },
  {
    of: 'handshake',
    what: 'a server that was not seen',
    tamper: (captured, side) => (side === 'left' ? captured : captured.filter(({ isUp }) => isUp)),
    says: /have version none, not 0x1$/,
  },
  { of: 'longrtt', what: 'a short round trip', change: { link: {} }, says: /^1 ClientHello, not 2/ },
  {
    of: 'chacha20',
    what: 'other suites',
    change: { client: {} },
    says: /^the client offers 0x130\d, 0x130\d/,
  },
  {
    of: 'chacha20',
    what: 'a Hello that was not seen',
    tamper: (captured) => captured.slice(1),
    says: /^the client offers nothing that can be read$/,
  },
  {
    of: 'multiplexing',
    what: 'a limit of 1001',
    change: { ...SMALL, server: WIDE },
    says: /^initial_max_streams_bidi is 1001/,
  },
  { of: 'multiplexing', what: 'few streams', change: SMALL, says: /^no MAX_STREAMS of the server/ },
  { of: 'retry', what: 'no Retry', change: { server: {} }, says: /^the server has sent no Retry$/ },
  {
    of: 'retry',
    what: 'a token that does not come back',
    tamper: (captured, side) => (side === 'left' ? captured.slice(0, 2) : captured),
    says: /^no Initial packet that can be opened has the token of the Retry$/,
  },
  {
    of: 'retry',
    what: 'packet numbers that start again',
    tamper: (captured, side) => (side === 'left' ? [...firstInitials(), ...captured] : captured),
    says: /^Initial packet \d+ with a token, \d+ before it$/,
  },
  {
    of: 'resumption',
    what: 'a second full handshake',
    change: { connections: 'each' },
    says: /^the second handshake has a Certificate$/,
  },
  {
    of: 'resumption',
    what: 'a first handshake that was not seen whole',
    tamper: (captured, side) => (side === 'left' ? captured.filter((_, i) => i !== 1) : captured),
    says: /^the first handshake has no Certificate/,
  },
  { of: 'zerortt', what: 'a server without 0-RTT', change: { server: {} }, says: /nothing in 0-RTT$/ },
  {
    of: 'zerortt',
    what: 'requests after the handshake',
    change: { connections: 'resumed' },
    says: /^the client has sent \d+ bytes in 1-RTT, more than 5000$/,
  },
  {
    of: 'keyupdate',
    what: 'no update',
    change: { onConfirmed: () => {} },
    says: /^no packet of the client has key phase 1$/,
  },
  {
    of: 'keyupdate',
    what: 'a server that does not follow',
    tamper: (captured, side) =>
      side === 'right' ? [...captured.slice(0, 4), ...captured.filter(isUp)] : captured,
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
    says: /^the server has sent no ACK with ECN counts$/,
  },
  {
    of: 'ecn',
    what: 'an end that sends CE',
    tamper: (captured) => captured.map((one) => withDatagram(one, { ecn: Ecn.Ce })),
    says: /^the server has sent CE$/,
  },
  {
    of: 'ecn',
    what: 'a Retry',
    change: { server: { retry: 'always' } },
    says: /^the server has sent a Retry$/,
  },
  {
    of: 'amplificationlimit',
    what: 'a short chain',
    change: { chainBytes: 1000 },
    says: /end at \d+, before 7500$/,
  },
  {
    of: 'amplificationlimit',
    what: 'a server that sends more',
    tamper: (captured) => captured.flatMap((one) => (one.isUp ? [one] : [one, one])),
    says: /^the server has sent \d+ bytes for 1200$/,
  },
  {
    of: 'amplificationlimit',
    what: 'a client that is never validated',
    tamper: (captured) => captured.slice(0, 4),
    says: /^no Handshake packet of the client came$/,
  },
  {
    of: 'handshakeloss',
    what: 'one connection less',
    change: { files: Array.from({ length: 49 }, () => KIB) },
    says: /^49 handshakes, not 50$/,
  },
  {
    of: 'ipv6',
    from: 'transfer',
    what: 'IPv4',
    says: /^a datagram was sent over IPv4$/,
  },
  {
    of: 'v2',
    what: 'a server of version 1',
    change: { server: { versions: [1] } },
    says: /^no Initial packet of/,
  },
  {
    of: 'v2',
    what: 'a client that begins with version 2',
    change: IN_VERSION_2,
    says: /^the client begins with version 1798521807$/,
  },
  {
    of: 'v2',
    what: 'Handshake packets of version 1',
    change: { server: { versions: [1] } },
    says: /^a Handshake packet of the client is not of version 2$/,
  },
  {
    of: 'rebind-port',
    what: 'a NAT that keeps its port',
    change: SMALL,
    says: /^the server has sent on one path only$/,
  },
  {
    of: 'rebind-port',
    what: 'a new path without challenge',
    change: { server: { beforeSealing: withoutFrames(0x1a) } },
    says: /begins without PATH_CHALLENGE$/,
  },
  {
    of: 'rebind-port',
    what: 'no answer to the challenge',
    change: { client: { ...caseOf('rebind-port').client, beforeSealing: withoutFrames(0x1b) } },
    says: /^the PATH_CHALLENGE of path \S+ \d+ to \S+ \d+ was not answered$/,
  },
  {
    of: 'rebind-addr',
    what: 'a new port alone',
    change: rebindingSooner('rebind-port'),
    says: /^the server has seen one IP address/,
  },
  {
    of: 'connectionmigration',
    what: 'a client that stays',
    change: { ...SMALL, connection: { preferredAddress: 'ignore' } },
    says: /^the server has sent on one path only$/,
  },
  {
    of: 'connectionmigration',
    what: 'an ID that is taken along',
    tamper: (captured, side) => (side === 'left' ? takeIdAlong(captured) : captured),
    says: /^the client takes an ID along to path/,
  },
];

describeJudged(`captures of virtual time, judged by tshark ${version ?? '(not installed)'}`, () => {
  test.each(RUNNABLE.map(({ name }) => name))('%s passes', async (name) => {
    expect(await judgeCapture(await evidenceOf(name))).toEqual([]);
  });

  test.each(PLANTED.map((one) => [one.of, one.what, one] as const))(
    '%s fails for %s',
    async (testCase, _what, { from = testCase, change, tamper, says }) => {
      const evidence = await evidenceOf(from, { ...(change && { change }), ...(tamper && { tamper }) });
      expect(await judgeCapture({ ...evidence, testCase })).toContainEqual(expect.stringMatching(says));
    },
  );

  test('every check beyond the number of handshakes has a planted fault', () => {
    const planted = new Set(PLANTED.map(({ of }) => of));
    const asked = Object.entries(QUESTIONS).filter(([, { checks }]) => checks.length > 2);
    expect(asked.map(([name]) => name).filter((name) => !planted.has(name))).toEqual([]);
  });
});

function isUp({ isUp: own }: Captured): boolean {
  return own;
}

function withDatagram(captured: Captured, change: Partial<Captured['datagram']>): Captured {
  return { ...captured, datagram: { ...captured.datagram, ...change } };
}

/** First datagrams of clients that begin with higher packet numbers than the one of seed 1. */
function firstInitials(): Captured[] {
  return [2, 3, 4, 5].map((seed) => playVirtually({ ...caseOf('handshake') }, seed).captured.left[0]!);
}

/** Frames of this type become PADDING before they are encrypted. */
function withoutFrames(type: number): BeforeSealing {
  return ({ buffer, payloadAt, payloadEnd }) => {
    let at = payloadAt;
    for (const { length } of decodeFrames(buffer, payloadAt, payloadEnd)) {
      if (buffer[at] === type) buffer.fill(0, at, at + length);
      at += length;
    }
    return payloadEnd;
  };
}

/** The first datagram to the preferred address gets the ID of the one before. */
function takeIdAlong(captured: readonly Captured[]): Captured[] {
  const ups = captured.filter(isUp);
  const first = ups.findIndex(({ datagram }) => datagram.to.port === 4433);
  const id = ups[first - 1]!.datagram.bytes.subarray(1, 9);
  return captured.map((one) => {
    if (one !== ups[first]) return one;
    const bytes = one.datagram.bytes.slice();
    bytes.set(id, 1);
    return withDatagram(one, { bytes });
  });
}

interface Vectors {
  readonly clientInitial: { readonly packet: string };
}

describeJudged('what the judge can read', () => {
  const server = { host: '127.0.0.1', port: 4433 };
  const vectors = new URL('../../packages/crypto/vectors/rfc9001.json', import.meta.url);

  test('the ClientHello of RFC 9001 A.2, with its name', async () => {
    const { clientInitial } = JSON.parse(readFileSync(vectors, 'utf8')) as Vectors;
    const bytes = Buffer.from(clientInitial.packet, 'hex');
    const from = { ip: '127.0.0.1', port: 50_000 };
    const file = join(place, 'rfc9001.pcap');
    const record = encodePcapRecord({ bytes, from, to: { ip: server.host, port: server.port }, ecn: 0 }, 0);
    await writeFile(file, Buffer.concat([pcapFileHeader(), record]));

    const [datagram, ...more] = await readCapture({ file, server }, { keyLog: undefined });
    expect(more).toEqual([]);
    const { sender, bytes: length, packets } = datagram!;
    expect({ sender, length }).toEqual({ sender: 'client', length: 1200 });
    // RFC 9001 A.2: the ID 0x8394c8f03e515708, packet number 2, 1162 bytes of frames and a tag of 16.
    expect(packets).toMatchObject([
      {
        kind: 'initial',
        version: 1,
        destinationId: '8394c8f03e515708',
        sourceId: '',
        isOpened: true,
        number: 2,
        payloadBytes: 1178,
      },
    ]);
    // Its ClientHello has the suites of RFC 9001 A.2's bytes: 0x1301, 0x1302.
    const [message] = packets[0]!.frames[0]!.messages;
    expect(message).toMatchObject({ type: 1, suites: [0x1301, 0x1302], serverName: 'example.com' });
  });

  test('datagrams of 1-RTT packets alone are left out where handshakes tell all', async () => {
    const { left, keyLog } = await evidenceOf('transfer');
    const all = await readCapture(left, { keyLog });
    const some = await readCapture(left, { keyLog, filter: HAS_LONG_HEADER });
    expect(some).toEqual(all.filter(({ packets }) => packets.some(({ kind }) => kind !== '1-RTT')));
    expect([some.length > 2, some.length < all.length]).toEqual([true, true]);
  });

  test('packets that share a datagram, each with its own frames', async () => {
    const { left, keyLog } = await evidenceOf('handshake');
    const [, answer] = await readCapture(left, { keyLog });
    const seen = answer!.packets.map(({ kind, frames }) => ({
      kind,
      messages: frames.flatMap(({ messages }) => messages.map(({ type }) => type)),
    }));
    // ServerHello; EncryptedExtensions, Certificate, CertificateVerify, Finished. RFC 8446 §4
    expect(seen).toEqual([
      { kind: 'initial', messages: [2] },
      { kind: 'handshake', messages: [8, 11, 15, 20] },
    ]);
  });

  test.each<[string, Partial<RunnerCase>]>([
    ['rebind-addr', {}],
    ['rebind-port', {}],
    ['connectionmigration', {}],
    ['keyupdate', {}],
    ['v2', {}],
    ['retry', {}],
  ])('every packet of %s %#', async (name, change) => {
    const { left, right, keyLog } = await evidenceOf(name, { change });
    for (const side of [left, right]) {
      const packets = (await readCapture(side, { keyLog })).flatMap((datagram) => datagram.packets);
      const closed = packets.filter(({ kind, isOpened }) => kind !== 'retry' && !isOpened);
      expect(closed).toEqual([]);
      expect(packets.length).toBeGreaterThan(10);
    }
  });

  test('without keys, what is encrypted stays closed and is said to', async () => {
    const evidence = await evidenceOf('keyupdate');
    await writeFile(evidence.keyLog, '');
    expect(await judgeCapture(evidence)).toEqual(['no key log: the packets cannot be opened']);
  });

  test('with the keys of another connection, nothing is taken for granted', async () => {
    const evidence = await evidenceOf('rebind-port');
    const other = playVirtually(caseOf('handshake'), 2);
    await writeFile(evidence.keyLog, other.keyLog);
    expect(await judgeCapture(evidence)).toContainEqual(
      expect.stringMatching(/^the first datagram on path .* cannot be opened$/),
    );
  });

  test('a capture that is cut short is not judged', async () => {
    const evidence = await evidenceOf('handshake');
    await truncate(evidence.left.file, 3000);
    expect(await judgeCapture(evidence)).toEqual([expect.stringMatching(/^not judged: tshark: .*cut short/)]);
  });

  test('the time and the bytes of a download', async () => {
    const { left } = await evidenceOf('transfer', { change: { files: [256 * KIB] } });
    const { firstUs, lastUs, bytes } = (await measureDownload(left))!;
    expect(bytes).toBeGreaterThan(256 * KIB);
    expect(bytes).toBeLessThan(1.1 * 256 * KIB);
    // 10 Mbit/s carry 256 KiB in 210 ms; slow start takes some more.
    expect(lastUs - firstUs).toBeGreaterThan(210_000);
    expect(lastUs - firstUs).toBeLessThan(500_000);
  });
});

test('without tshark nothing passes', async () => {
  const evidence = await evidenceOf('handshake');
  const path = process.env['PATH'];
  process.env['PATH'] = '';
  try {
    expect(await judgeCapture(evidence)).toEqual([NOT_JUDGED]);
  } finally {
    process.env['PATH'] = path;
  }
});

test('a case that the runner does not have is an error', async () => {
  await expect(judgeCapture({ ...(await evidenceOf('handshake')), testCase: 'datagrams' })).rejects.toThrow(
    'no such test case: datagrams',
  );
});
