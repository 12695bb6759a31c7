import { concatBytes } from '@tsquic/bytes';
import { FrameType } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import type { AdversaryHost } from '../adversary-host.ts';
import type { AdversaryScenario } from '../adversary-scenario.ts';
import { frame, streamFrame } from '@tsquic/adversary';
import { BYTE, CLIENT, LITTLE_BYTES, QUIET, repeat } from './adversary-setting.ts';

/** Streams that cost more than they carry. */
export const STREAM_ABUSES: readonly AdversaryScenario[] = [
  {
    ...CLIENT,
    name: 'adversary-backwards',
    about: 'a stream arrives byte by byte from its end, and never begins',
    attack: (adversary, round) =>
      adversary.send(
        Level.Application,
        repeat(100, (i) => streamFrame(0, 60_000 - 100 * round - i, BYTE)),
      ),
    limits: QUIET,
  },
  {
    ...CLIENT,
    name: 'adversary-overlaps',
    about: 'a stream arrives in pieces that overlap and contradict each other',
    attack: (adversary, round) =>
      adversary.send(
        Level.Application,
        repeat(10, (i) => streamFrame(0, (round * 53 + i * 17) % 5000, new Uint8Array(100).fill(round))),
      ),
    limits: QUIET,
  },
  {
    ...CLIENT,
    name: 'adversary-unread',
    about: 'a program that does not read is sent all that its windows hold, in single bytes',
    program: { reads: false },
    transport: { connectionWindowBytes: 65_536, streamWindowBytes: 65_536 },
    rounds: 650,
    attack: (adversary, round) =>
      adversary.send(
        Level.Application,
        repeat(100, (i) => streamFrame(0, 100 * round + i, BYTE)),
      ),
    limits: QUIET,
  },
  {
    ...CLIENT,
    name: 'adversary-rapid-reset',
    about: 'requests are made and given up in one packet, as fast as the limit on streams lets them',
    attack: (adversary) => {
      const { endpoint } = adversary;
      const opened = rapidResets.get(adversary) ?? 0;
      const granted = endpoint.framesOf(FrameType.MaxStreamsBidi).at(-1)?.values[0] ?? 100;
      const count = Math.min(20, granted - opened);
      if (count === 0) return;
      rapidResets.set(adversary, opened + count);
      const giveUp = (id: number): Uint8Array =>
        concatBytes(
          streamFrame(id, 0, BYTE),
          frame(FrameType.ResetStream, [id, 0, 1]),
          frame(FrameType.StopSending, [id, 0]),
        );
      adversary.send(
        Level.Application,
        repeat(count, (i) => giveUp(4 * (opened + i))),
      );
    },
    limits: { bytesOutPerByteIn: 1.5, heldBytes: LITTLE_BYTES },
  },
];

/** How many streams each adversary has opened. */
const rapidResets = new WeakMap<AdversaryHost, number>();
