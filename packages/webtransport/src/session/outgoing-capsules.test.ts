import { expect, test } from '@jest/globals';
import { CapsuleReader, type Http3Stream } from '@tsquic/http3';
import { CAPSULE_TYPES, CapsuleType, decodeLimit } from './capsules.ts';
import { OutgoingCapsules } from './outgoing-capsules.ts';

/** A CONNECT stream that takes capsules only while it has room. */
function connectStream() {
  const state = { hasRoom: false, hasEnded: false, bytes: 0 };
  const reader = new CapsuleReader({ types: CAPSULE_TYPES });
  const taken: (readonly [type: number, limit: number | undefined])[] = [];
  const stream = {
    get hasEnded() {
      return state.hasEnded;
    },
    write(bytes: Uint8Array, ends: boolean) {
      if (!state.hasRoom) return 0;
      state.bytes += bytes.length;
      state.hasEnded ||= ends;
      for (const { type, value } of reader.read(bytes)!) taken.push([type, decodeLimit(value)]);
      return bytes.length;
    },
  } as unknown as Http3Stream;
  return { state, stream, taken };
}

test('a peer that gives no credit gets the newest limit of each type in the end', () => {
  const { state, stream, taken } = connectStream();
  const outgoing = new OutgoingCapsules();
  for (let limit = 1; limit <= 10_000; limit++) {
    outgoing.oweLimit(CapsuleType.MaxData, limit);
    outgoing.oweLimit(CapsuleType.MaxStreamsUni, 2 * limit);
    outgoing.oweDrain();
    outgoing.flush(stream);
  }
  state.hasRoom = true;
  outgoing.flush(stream);
  outgoing.flush(stream);
  expect(taken).toEqual([
    [CapsuleType.MaxData, 10_000],
    [CapsuleType.MaxStreamsUni, 20_000],
    [CapsuleType.DrainSession, undefined],
  ]);
});

test('a close takes the place of all that waits, and ends the stream', () => {
  const { state, stream, taken } = connectStream();
  const outgoing = new OutgoingCapsules();
  outgoing.oweLimit(CapsuleType.MaxData, 5);
  outgoing.oweClose({ code: 1, reason: '' });
  outgoing.oweClose({ code: 2, reason: 'later' });
  outgoing.flush(stream);
  state.hasRoom = true;
  outgoing.flush(stream);
  outgoing.end(stream);
  outgoing.flush(stream);
  expect(taken.map(([type]) => type)).toEqual([CapsuleType.CloseSession]);
  expect([state.hasEnded, state.bytes]).toEqual([true, 2 + 1 + 4]);
});
