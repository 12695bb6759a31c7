import { describe, expect, test } from '@jest/globals';
import { concatBytes } from '@tsquic/bytes';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createConnectedPair, type Pair } from '@tsquic/simulator';
import { covers } from '@tsquic/testing';
import { Level } from '@tsquic/tls13';
import type { QuicContextOptions } from '../src/config/config.ts';
import type { QuicConnection } from '../src/context/handles.ts';
import { FrameType as Type } from '../src/frame/rules.ts';
import type { TransportParameters } from '../src/parameters/parameters.ts';
import { type Attacker, PADDING } from './support/attacker.ts';
import { CONFIRMED_VICTIMS } from './support/contexts.ts';
import { ackFrame, frame } from './support/frames.ts';
import { RecordingController } from './support/recovery-rig.ts';

const APP = Level.Application;
const SECOND = 1_000_000;
/** Frames that RFC 9000 does not know: RFC 9221, draft-ietf-quic-ack-frequency, draft-ietf-quic-reliable-stream-reset. */
const EXTENSIONS: readonly number[] = [
  Type.Datagram,
  Type.DatagramWithLength,
  Type.AckFrequency,
  Type.ImmediateAck,
  Type.ResetStreamAt,
];

const ON: Partial<QuicContextOptions> = {
  transport: { maxDatagramFrameBytes: 65_535, ackFrequency: true },
};

/** The peer says that it understands every extension that we speak. */
function understanding(own: TransportParameters): void {
  own.maxDatagramFrameSize = 65_535;
  own.minAckDelayUs = 1000;
  own.resetStreamAt = true;
}

/** Credit without end. */
function generous(own: TransportParameters): void {
  own.initialMaxData = 2 ** 40;
  own.initialMaxStreamDataBidiRemote = own.initialMaxStreamDataBidiLocal = 2 ** 40;
}

/** Whatever makes our side send frames of extensions: datagrams, partial resets, and much data after a loss. */
function tempt(attacker: Attacker): void {
  const connection = attacker.victim.connection(0)!;
  connection.openStream()!.setSource((room) => ({ bytes: room.length, fin: false }));
  let lost = -1;
  for (let round = 0; round < 40; round++) {
    connection.datagrams.send(new Uint8Array(100));
    const stream = connection.openStream({ unidirectional: true });
    stream?.write(new Uint8Array(100));
    stream?.resetAt(7, 10);
    attacker.pass(10_000);
    const numbers = attacker.seen.flatMap((one) => (one.level === APP ? [one.number] : []));
    if (round === 4) lost = numbers.at(-10)!;
    attacker.send(APP, ackFrame(numbers.filter((number) => number !== lost)));
  }
}

describe.each(CONFIRMED_VICTIMS)('frames of extensions, by a %s', (role, attack) => {
  const typesSent = (attacker: Attacker): Set<number> =>
    new Set(attacker.seen.flatMap(({ frames }) => frames.map(({ type }) => type)));

  test('are not sent to a peer that has not said that it understands them', () => {
    covers('rfc9000-19.21-1');
    const attacker = attack(ON, { parameters: generous });
    tempt(attacker);
    expect(attacker.seen.length).toBeGreaterThan(100);
    expect(EXTENSIONS.filter((type) => typesSent(attacker).has(type))).toEqual([]);
  });

  test.each<[string, (own: TransportParameters) => void, readonly number[]]>([
    ['DATAGRAM', (own) => void (own.maxDatagramFrameSize = 65_535), [Type.Datagram, Type.DatagramWithLength]],
    [
      'those of ACK frequency',
      (own) => void (own.minAckDelayUs = 1000),
      [Type.AckFrequency, Type.ImmediateAck],
    ],
    ['RESET_STREAM_AT', (own) => void (own.resetStreamAt = true), [Type.ResetStreamAt]],
  ])('are sent to one that has: %s and no others', (_name, parameters, types) => {
    covers('rfc9000-19.21-1');
    const attacker = attack(ON, {
      parameters: (own) => {
        generous(own);
        parameters(own);
      },
    });
    tempt(attacker);
    const extensions = EXTENSIONS.filter((type) => typesSent(attacker).has(type));
    expect(extensions.length).toBeGreaterThan(0);
    expect(extensions.filter((type) => !types.includes(type))).toEqual([]);
  });

  test.each<[string, Uint8Array]>([
    ['DATAGRAM', frame(Type.DatagramWithLength, [1], Uint8Array.of(9))],
    ['ACK_FREQUENCY', frame(Type.AckFrequency, [0, 9, 25_000, 1])],
    ['IMMEDIATE_ACK', frame(Type.ImmediateAck)],
    ['RESET_STREAM_AT', frame(Type.ResetStreamAt, [2, 7, 0, 0])],
  ])('that come alone have an ACK sent: %s', (name, payload) => {
    covers('rfc9000-19.21-4');
    const attacker = attack(ON, { parameters: understanding }).pass(SECOND);
    // A server's own streams are odd.
    const bytes =
      name === 'RESET_STREAM_AT' && role === 'client' ? frame(Type.ResetStreamAt, [3, 7, 0, 0]) : payload;
    const number = 5000;
    attacker.send(APP, concatBytes(bytes, PADDING), { number }).pass(100_000);
    expect(attacker.closeCode).toBeUndefined();
    const acks = attacker.framesOf(Type.Ack, APP);
    expect(acks.some(({ values }) => values[0] === number)).toBe(true);
  });
});

describe.each(['client', 'server'] as const)('a %s whose congestion window is full', (role) => {
  test('sends no frame of an extension beyond it', () => {
    covers('rfc9000-19.21-3');
    const windowBytes = 20_000;
    const limited = {
      transport: { maxDatagramFrameBytes: 65_535 },
      congestion: () => Object.assign(new RecordingController(), { windowBytes }),
    };
    const open = { transport: { maxDatagramFrameBytes: 65_535 } };
    const pair: Pair = createConnectedPair({
      createCrypto: (random) => createNodeProvider({ random }),
      seed: 12,
      link: { delayUs: 50_000 },
      client: role === 'client' ? limited : open,
      server: role === 'server' ? limited : open,
    });
    pair.pass(SECOND);
    const host = pair[role];
    const connection: QuicConnection = host.connection;
    let most = 0;
    pair.world.observe({
      onAfterPrepare: (one) => {
        if (one === host.host) most = Math.max(most, connection.statistics().bytesInFlight);
      },
    });
    for (let i = 0; i < 100; i++) connection.datagrams.send(new Uint8Array(1000));
    for (let i = 0; i < 50; i++) connection.openStream({ unidirectional: true })?.resetAt(7, 0);
    pair.pass(10_000);
    const statistics = connection.statistics();
    expect(statistics.bytesInFlight).toBeGreaterThan(windowBytes - 2400);
    expect(most).toBeLessThanOrEqual(windowBytes);
    // The rest follows as the window opens, never more at once.
    pair.pass(5 * SECOND);
    const { datagrams } = pair[role === 'client' ? 'server' : 'client'].connection;
    let arrived = 0;
    while (datagrams.receive() !== undefined) arrived++;
    expect(arrived).toBeGreaterThan(windowBytes / 1000);
    expect(most).toBeLessThanOrEqual(windowBytes);
  });
});
