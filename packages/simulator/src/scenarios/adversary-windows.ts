import { concatBytes } from '@tsquic/bytes';
import { FrameType } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import type { AdversaryScenario } from '../adversary-scenario.ts';
import { frame, streamFrame } from '@tsquic/adversary';
import { BYTE, CLIENT, LITTLE_BYTES, MEGABYTE } from './adversary-setting.ts';
import { MS } from './setting.ts';

/** Peers that request much data, and take it slowly or not at all. */
export const SLOW_ADVERSARIES: readonly AdversaryScenario[] = [
  {
    ...CLIENT,
    name: 'adversary-window-of-one',
    about: 'a window that opens by one byte at a time',
    parameters: (parameters) => {
      parameters.initialMaxData = 1;
      parameters.initialMaxStreamDataBidiLocal = 1;
    },
    attack: (adversary, round) => {
      if (round === 0) adversary.send(Level.Application, streamFrame(0, 0, BYTE, true));
      else
        adversary.send(
          Level.Application,
          concatBytes(frame(FrameType.MaxData, [1 + round]), frame(FrameType.MaxStreamData, [0, 1 + round])),
        );
    },
    limits: { bytesOutPerByteIn: 2, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-no-window',
    about: 'a hundred large answers are asked for and none may be sent',
    program: { responseBytes: 10 * MEGABYTE },
    parameters: (parameters) => void (parameters.initialMaxData = 0),
    attack: (adversary, round) => {
      if (round < 100) adversary.send(Level.Application, streamFrame(4 * round, 0, BYTE, true));
      else adversary.send(Level.Application, frame(FrameType.Ping));
    },
    // A stream accepts 64 KiB from its program before it may send; all streams together hold at most what one
    // may.
    limits: { bytesOutPerByteIn: 2, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-inflated-window',
    about:
      'late ACKs make the window grow, then a hundred large answers are asked for and nothing is acknowledged',
    program: { responseBytes: 100 * MEGABYTE },
    transport: { maxSendBufferBytes: 4 * MEGABYTE },
    parameters: (parameters) => {
      parameters.initialMaxData = 2 ** 40;
      parameters.initialMaxStreamDataBidiLocal = 2 ** 40;
    },
    rounds: 300,
    spacingUs: 10 * MS,
    attack: (adversary, round) => {
      if (round === 0) adversary.send(Level.Application, streamFrame(0, 0, BYTE, true));
      else if (round < 100) adversary.acknowledges = round % 3 === 0;
      else if (round < 199) adversary.send(Level.Application, streamFrame(4 * (round - 99), 0, BYTE, true));
      if (round >= 100) adversary.acknowledges = false;
    },
    // The received data is not kept; sent data that the adversary does not acknowledge is held in addition.
    limits: { bytesOutPerByteIn: 0, bytesOutAtMost: 100 * MEGABYTE, heldBytes: 4 * MEGABYTE + LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-no-acks',
    about: 'a large answer is asked for, and nothing of it acknowledged',
    acknowledges: false,
    program: { responseBytes: 10 * MEGABYTE },
    rounds: 20,
    spacingUs: 500 * MS,
    attack: (adversary, round) =>
      adversary.send(Level.Application, round === 0 ? streamFrame(0, 0, BYTE, true) : frame(FrameType.Ping)),
    // An initial window, and probes.
    limits: { bytesOutPerByteIn: 10, bytesOutAtMost: 60_000, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-ecn-lies',
    about: 'ECN counts that fall, and exceed what was sent',
    program: { responseBytes: 200_000 },
    rounds: 100,
    spacingUs: 10 * MS,
    attack: (adversary, round) => {
      if (round === 0) adversary.send(Level.Application, streamFrame(0, 0, BYTE, true));
      const { number } = adversary.endpoint.seen.findLast(({ level }) => level === Level.Application)!;
      adversary.send(
        Level.Application,
        frame(FrameType.AckEcn, [number, 0, 0, 0, 1000 - round, 2 ** 40, round % 2 === 0 ? 2 ** 50 : 0]),
      );
    },
    limits: { bytesOutPerByteIn: 0, bytesOutAtMost: 400_000, heldBytes: LITTLE_BYTES },
  },
];
