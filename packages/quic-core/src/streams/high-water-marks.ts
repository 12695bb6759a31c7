import type { SendBuffer } from './send-buffer.ts';

/** How many bytes of what a program writes its stream holds at most; memory may allow fewer. */
export interface HighWaterMarks {
  /** Bytes that have not been sent. */
  readonly unsentBytes: number;
  /** Bytes that have not been acknowledged, the unsent ones among them. */
  readonly heldBytes: number;
}

/** A program that waits is told at half of a mark, or it would be told after each packet. */
const LOW_SHARE = 2;

/** Bytes that may be written before either mark is reached. */
export function roomBelow(marks: HighWaterMarks, { unsentBytes, heldBytes }: SendBuffer): number {
  return Math.max(0, Math.min(marks.unsentBytes - unsentBytes, marks.heldBytes - heldBytes));
}

/** Whether the stream holds so little that the program is told to write again. */
export function isBelow(marks: HighWaterMarks, { unsentBytes, heldBytes }: SendBuffer): boolean {
  return unsentBytes * LOW_SHARE <= marks.unsentBytes && heldBytes * LOW_SHARE <= marks.heldBytes;
}
