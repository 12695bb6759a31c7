import { concatBytes } from '@tsquic/bytes';
import { MS } from './setting.ts';

export const MEGABYTE = 1_000_000;
/** The harness and the engine come to a good part of it. */
export const LITTLE_BYTES: number = 5 * MEGABYTE;
/** A client that is at it for half a second, a packet in each millisecond. */
export const CLIENT: { readonly adversary: 'client'; readonly rounds: number; readonly spacingUs: number } = {
  adversary: 'client',
  rounds: 500,
  spacingUs: MS,
};
/** What is not worth an answer, or hardly one. */
export const QUIET: { readonly bytesOutPerByteIn: number; readonly heldBytes: number } = {
  bytesOutPerByteIn: 0.2,
  heldBytes: LITTLE_BYTES,
};
export const BYTE: Uint8Array = Uint8Array.of(1);

/** Frames one behind the other. */
export function repeat(count: number, make: (index: number) => Uint8Array): Uint8Array {
  return concatBytes(...Array.from({ length: count }, (_, index) => make(index)));
}
