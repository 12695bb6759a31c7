import { concatBytes } from '@tsquic/bytes';
import { FrameType } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import type { AdversaryScenario } from '../adversary-scenario.ts';
import { frame, streamFrame } from '@tsquic/adversary';
import { BYTE, CHALLENGES, CLIENT, LITTLE_BYTES, QUIET, repeat } from './adversary-setting.ts';

/** Length of a payload that fits every path. */
const PAYLOAD_BYTES = 1100;

/** Frames that must be read, cost their sender little, and need no answer. */
export const FLOODS: readonly AdversaryScenario[] = [
  {
    ...CLIENT,
    name: 'adversary-pings',
    about: 'packets of a thousand PINGs',
    attack: flood(frame(FrameType.Ping)),
    limits: QUIET,
  },
  {
    ...CLIENT,
    name: 'adversary-window-updates',
    about: 'packets of MAX_DATA that change nothing',
    attack: flood(frame(FrameType.MaxData, [1_000_000])),
    limits: QUIET,
  },
  {
    ...CLIENT,
    name: 'adversary-blocked',
    about: 'packets of DATA_BLOCKED that is not true',
    attack: flood(frame(FrameType.DataBlocked, [1])),
    limits: QUIET,
  },
  {
    ...CLIENT,
    name: 'adversary-stop-sending',
    about: 'a stream is stopped again and again',
    attack: flood(concatBytes(streamFrame(0, 0, BYTE), frame(FrameType.StopSending, [0, 7]))),
    limits: QUIET,
  },
  {
    ...CLIENT,
    name: 'adversary-acks',
    about: 'one number is acknowledged a hundred times in each packet',
    attack: (adversary) => {
      const { number } = adversary.endpoint.seen.findLast(({ level }) => level === Level.Application)!;
      adversary.send(
        Level.Application,
        repeat(100, () => frame(FrameType.Ack, [number, 0, 0, 0])),
      );
    },
    limits: QUIET,
  },
  {
    ...CLIENT,
    name: 'adversary-challenges',
    about: 'packets of a hundred PATH_CHALLENGEs, all of them acknowledged',
    ...CHALLENGES,
  },
  {
    ...CLIENT,
    name: 'adversary-small-challenges',
    about: 'PATH_CHALLENGEs in packets of their own',
    attack: (adversary, round) =>
      adversary.send(Level.Application, frame(FrameType.PathChallenge, [], new Uint8Array(8).fill(round))),
    // One datagram of 1200 bytes for one of 37, to an address that was validated: RFC 9000 §8.2.2.
    limits: { bytesOutPerByteIn: 35, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-one-byte-datagrams',
    about: 'datagrams of a byte or two',
    attack: (adversary, round) => {
      for (let i = 0; i < 20; i++) adversary.sendDatagram(new Uint8Array((round + i) % 2 === 0 ? 1 : 2));
    },
    limits: { bytesOutPerByteIn: 0, bytesOutAtMost: 0, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-tokens',
    adversary: 'server',
    about: 'a server gives NEW_TOKENs without end',
    attack: (adversary, round) => {
      const token = new Uint8Array(200).fill(round);
      adversary.send(
        Level.Application,
        repeat(5, () => frame(FrameType.NewToken, [token.length], token)),
      );
    },
    limits: { bytesOutPerByteIn: 0.2, heldBytes: LITTLE_BYTES },
  },
];

/** One 1-RTT packet of as many copies as fit. */
function flood(frameBytes: Uint8Array): AdversaryScenario['attack'] {
  const payload = repeat(Math.floor(PAYLOAD_BYTES / frameBytes.length), () => frameBytes);
  return (adversary) => adversary.send(Level.Application, payload);
}
