import { concatBytes } from '@tsquic/bytes';
import { decodeFrames } from '@tsquic/quic-core';
import { createEdgeFrame, createEdgeInteger } from './edge-frames.ts';
import { type Random, randomBytes } from './random.ts';

/** A changed copy of a packet's payload, of at most `limitBytes` bytes. */
export function mutatePayload(payload: Uint8Array, limitBytes: number, random: Random): Uint8Array {
  let changed = payload;
  // Several changes at once reach code that one alone does not.
  do changed = mutateOnce(changed, limitBytes, random);
  while (random.chance(0.3));
  return changed.subarray(0, limitBytes);
}

function mutateOnce(payload: Uint8Array, limitBytes: number, random: Random): Uint8Array {
  const frames = splitFrames(payload);
  const at = random.integer(frames.length);
  const other = random.integer(frames.length);
  switch (random.integer(12)) {
    case 0:
      return flipBytes(payload, random);
    case 1:
      return payload.subarray(0, random.integer(payload.length + 1));
    case 2:
      return concatBytes(payload, randomBytes(random.integer(60), random));
    case 3:
      return concatBytes(payload, createEdgeFrame(random));
    case 4:
      // The frame comes first, so that an error in another frame does not hide it.
      return concatBytes(createEdgeFrame(random), payload);
    case 5:
      return flood(payload, limitBytes, random);
    case 6:
      return concatBytes(...frames.slice(0, at), frames[at]!, ...frames.slice(at));
    case 7:
      return concatBytes(...frames.filter((_, index) => index !== at));
    case 8: {
      [frames[at], frames[other]] = [frames[other]!, frames[at]!];
      return concatBytes(...frames);
    }
    case 9:
      frames[at] = withType(frames[at]!, random);
      return concatBytes(...frames);
    case 10:
      frames[at] = withInteger(frames[at]!, random);
      return concatBytes(...frames);
    default:
      return createEdgeFrame(random);
  }
}

/** The encoded frames of a payload, at least one. */
export function splitFrames(payload: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  let at = 0;
  for (const { length } of decodeFrames(payload, 0, payload.length)) {
    frames.push(payload.subarray(at, at + length));
    at += length;
  }
  return frames.length === 0 ? [payload] : frames;
}

/** One frame repeated until no more fit. */
function flood(payload: Uint8Array, limitBytes: number, random: Random): Uint8Array {
  const frame = createEdgeFrame(random);
  const count = Math.floor((limitBytes - payload.length) / frame.length);
  return concatBytes(payload, ...Array.from({ length: Math.max(0, count) }, () => frame));
}

function flipBytes(payload: Uint8Array, random: Random): Uint8Array {
  const copy = payload.slice();
  for (let count = 1 + random.integer(4); count > 0 && copy.length > 0; count--)
    copy[random.integer(copy.length)] = random.integer(256);
  return copy;
}

function withType(frame: Uint8Array, random: Random): Uint8Array {
  const copy = frame.slice();
  if (copy.length > 0) copy[0] = random.integer(0x32);
  return copy;
}

/** Replace one of the first bytes, which are integers in nearly every frame, by another integer. */
function withInteger(frame: Uint8Array, random: Random): Uint8Array {
  const at = Math.min(frame.length, 1 + random.integer(4));
  return concatBytes(frame.subarray(0, at), createEdgeInteger(random), frame.subarray(at + 1));
}
