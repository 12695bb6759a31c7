import { concatBytes } from '@tsquic/bytes';
import { FrameType } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import type { AdversaryScenario } from '../adversary-scenario.ts';
import { frame } from '@tsquic/adversary';
import { MS } from './setting.ts';

export const MEGABYTE = 1_000_000;
/** The test harness and the engine take a good part of it. */
export const LITTLE_BYTES: number = 5 * MEGABYTE;
/** A client that attacks for half a second, with a packet each millisecond. */
export const CLIENT: { readonly adversary: 'client'; readonly rounds: number; readonly spacingUs: number } = {
  adversary: 'client',
  rounds: 500,
  spacingUs: MS,
};
/** Limits for attacks that need hardly any answer. */
export const QUIET: { readonly bytesOutPerByteIn: number; readonly heldBytes: number } = {
  bytesOutPerByteIn: 0.2,
  heldBytes: LITTLE_BYTES,
};
export const BYTE: Uint8Array = Uint8Array.of(1);
/** Packets of a hundred PATH_CHALLENGE frames, and what they may cost. */
export const CHALLENGES: Pick<AdversaryScenario, 'attack' | 'limits'> = {
  attack: (adversary, round) =>
    adversary.send(
      Level.Application,
      repeat(100, (i) => frame(FrameType.PathChallenge, [], new Uint8Array(8).fill(round ^ i))),
    ),
  // One datagram of 1200 bytes for each: RFC 9000 §8.2.2.
  limits: { bytesOutPerByteIn: 1.6, heldBytes: LITTLE_BYTES },
};

/** Concatenated frames. */
export function repeat(count: number, make: (index: number) => Uint8Array): Uint8Array {
  return concatBytes(...Array.from({ length: count }, (_, index) => make(index)));
}
