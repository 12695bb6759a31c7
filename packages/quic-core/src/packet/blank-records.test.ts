import { expect, test } from '@jest/globals';
import { createAckFrame } from '../frame/ack.ts';
import { createCryptoFrame } from '../frame/crypto.ts';
import { createStreamControlFrame } from '../frame/stream-control.ts';
import { createStreamFrame } from '../frame/stream.ts';
import { createPacketHeader } from './header.ts';

/** Every number of a record, those of its arrays among them, and its booleans as numbers. */
function numbersOf(record: object): number[] {
  return Object.values(record).flatMap((value: unknown) =>
    ArrayBuffer.isView(value) ? [...(value as Float64Array)] : [Number(value)],
  );
}

// Records that are filled for every packet begin blank: what is never written says nothing.
test.each([
  ['an ACK frame', createAckFrame()],
  ['a CRYPTO frame', createCryptoFrame()],
  ['a RESET_STREAM or STOP_SENDING frame', createStreamControlFrame()],
  ['a STREAM frame', createStreamFrame()],
  ['a packet header', createPacketHeader()],
])('%s has nothing in it', (_name, record) => {
  expect(numbersOf(record).filter((value) => value !== 0)).toEqual([]);
});
