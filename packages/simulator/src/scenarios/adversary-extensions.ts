import { concatBytes } from '@tsquic/bytes';
import { TransportCode } from '@tsquic/quic-core';
import { FrameType } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import type { AdversaryHost } from '../adversary-host.ts';
import type { AdversaryScenario } from '../adversary-scenario.ts';
import { frame, streamFrame } from '@tsquic/adversary';
import { BYTE, CLIENT, LITTLE_BYTES, QUIET, repeat } from './adversary-setting.ts';

const ENDED = { bytesOutPerByteIn: 1.5, heldBytes: LITTLE_BYTES } as const;
/** Version 2, RFC 9369, which was not offered. */
const VERSION_2 = [0x6b, 0x33, 0x43, 0xcf] as const;

/** Abuse of extensions of QUIC. */
export const EXTENSION_ABUSES: readonly AdversaryScenario[] = [
  {
    ...CLIENT,
    name: 'adversary-datagram-unasked',
    about: 'a DATAGRAM frame for somebody who takes none',
    attack: (adversary) => adversary.send(Level.Application, frame(FrameType.DatagramWithLength, [1], BYTE)),
    limits: { ...ENDED, code: TransportCode.ProtocolViolation },
  },
  {
    ...CLIENT,
    name: 'adversary-datagram-large',
    about: 'a DATAGRAM frame larger than any that is taken',
    transport: { maxDatagramFrameBytes: 500 },
    attack: (adversary) =>
      adversary.send(Level.Application, frame(FrameType.DatagramWithLength, [800], new Uint8Array(800))),
    limits: { ...ENDED, code: TransportCode.ProtocolViolation },
  },
  {
    ...CLIENT,
    name: 'adversary-datagrams-unread',
    about: 'full DATAGRAM frames that no program reads',
    transport: { maxDatagramFrameBytes: 1500 },
    attack: (adversary) => {
      for (let i = 0; i < 10; i++)
        adversary.send(
          Level.Application,
          frame(FrameType.DatagramWithLength, [1100], new Uint8Array(1100).fill(i)),
        );
    },
    // At most `maxIncomingDatagramBytes` wait, and the rest is dropped.
    limits: { bytesOutPerByteIn: 0.1, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-datagrams-empty',
    about: 'packets of five hundred DATAGRAM frames of no bytes',
    transport: { maxDatagramFrameBytes: 1500 },
    attack: (adversary) =>
      adversary.send(
        Level.Application,
        repeat(500, () => frame(FrameType.DatagramWithLength, [0])),
      ),
    limits: QUIET,
  },
  {
    ...CLIENT,
    name: 'adversary-reset-at',
    about: 'RESET_STREAM_AT again and again, with other sizes that are reliable',
    attack: (adversary, round) =>
      adversary.send(
        Level.Application,
        concatBytes(
          streamFrame(0, 0, BYTE),
          repeat(100, (i) => frame(FrameType.ResetStreamAt, [0, 7, 1000, 2 + ((round * 100 + i) % 900)])),
        ),
      ),
    limits: QUIET,
  },
  {
    ...CLIENT,
    name: 'adversary-reset-at-more',
    about: 'RESET_STREAM_AT with more reliable bytes than there are',
    attack: (adversary) => adversary.send(Level.Application, frame(FrameType.ResetStreamAt, [0, 7, 10, 11])),
    limits: { ...ENDED, code: TransportCode.FrameEncoding },
  },
  {
    ...CLIENT,
    name: 'adversary-immediate-acks',
    about: 'packets of a thousand IMMEDIATE_ACKs',
    transport: { ackFrequency: true },
    attack: (adversary) =>
      adversary.send(
        Level.Application,
        repeat(1000, () => frame(FrameType.ImmediateAck)),
      ),
    limits: QUIET,
  },
  {
    ...CLIENT,
    name: 'adversary-ack-frequencies',
    about: 'ACK_FREQUENCY that asks for no acknowledgement for an hour, and then for all',
    transport: { ackFrequency: true },
    attack: (adversary, round) => {
      const asked = [round, round % 2 === 0 ? 2 ** 40 : 0, round % 2 === 0 ? 25_000 : 1000, 0];
      adversary.send(
        Level.Application,
        concatBytes(frame(FrameType.AckFrequency, asked), frame(FrameType.Ping)),
      );
    },
    // Each packet may be acknowledged in a packet of its own.
    limits: { bytesOutPerByteIn: 2, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-issued-ids',
    about: 'new connection IDs are used from new ports, one after the other',
    attack: (adversary, round, { inject }) => {
      const { endpoint } = adversary;
      const given = endpoint.framesOf(FrameType.NewConnectionId);
      const used = moved.get(adversary) ?? 0;
      const next = given[used];
      const destination = next?.data.slice(1, 1 + next.data[0]!);
      if (next !== undefined) moved.set(adversary, used + 1);
      const retire = frame(FrameType.RetireConnectionId, [Math.max(0, (next?.values[0] ?? 1) - 1)]);
      const payload = next === undefined ? frame(FrameType.Ping) : retire;
      inject(
        endpoint.packet(Level.Application, payload, destination === undefined ? {} : { destination }),
        2000 + round,
      );
    },
    limits: { bytesOutPerByteIn: 3, bytesOutAtMost: 40_000, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-other-versions',
    until: 'nothing',
    about: 'the first datagram again in version 2, and seven bytes of that version',
    rounds: 100,
    attack: (_adversary, round, { inject, stranger }) => {
      const port = 1024 + round;
      inject(Uint8Array.of(0xf0, ...VERSION_2, 0, 0), port);
      stranger((bytes) => {
        const changed = bytes.slice();
        changed.set(VERSION_2, 1);
        inject(changed, port);
      }).start();
    },
    // No key decrypts the packets, and version 2 is supported, so that there is no answer.
    limits: { bytesOutPerByteIn: 0, bytesOutAtMost: 0, heldBytes: LITTLE_BYTES },
  },
];

/** How many of the connection IDs that came each adversary has used. */
const moved = new WeakMap<AdversaryHost, number>();
