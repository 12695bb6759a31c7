import { concatBytes } from '@tsquic/bytes';
import { frame } from '@tsquic/adversary';
import { TransportCode as Code } from '@tsquic/quic-core';
import { FrameType as Type } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import { closesWith, goesOn, livesOnOrCloses, PING } from '../answers.ts';
import type { Conversation } from '../conversation.ts';
import { fails, type Finding, passes, type Row, type Subject } from '../row.ts';
import type { Scene } from '../scene.ts';
import { Inconclusive, type Script, wait } from '../script.ts';
import { BOTH, type FrameRow, frameRows, meet } from './frame-row.ts';

/** A connection ID of `length` equal bytes, and a token of its own. */
export function newId(
  sequence: number,
  retirePriorTo: number,
  length = 8,
  fill: number = 0x40 + sequence,
): Uint8Array {
  const id = new Uint8Array(length).fill(fill);
  return frame(
    Type.NewConnectionId,
    [sequence, retirePriorTo],
    concatBytes(Uint8Array.of(length), id, tokenOf(sequence)),
  );
}

/** The stateless reset token of that ID. */
export function tokenOf(sequence: number): Uint8Array {
  return new Uint8Array(16).fill(0x70 + sequence);
}

/** Twice as many fit into a packet. */
const MOST_IDS = 20;

const IDS: readonly FrameRow[] = [
  {
    name: 'new-id-that-retires-itself',
    section: 'RFC 9000 §19.15',
    ids: ['rfc9000-19.15-7'],
    sends: 'NEW_CONNECTION_ID 1 with Retire Prior To 2',
    asks: 'FRAME_ENCODING_ERROR',
    payloads: () => [newId(1, 2)],
    codes: [Code.FrameEncoding],
  },
  {
    name: 'new-id-of-no-bytes',
    section: 'RFC 9000 §19.15',
    ids: ['rfc9000-19.15-1'],
    sends: 'NEW_CONNECTION_ID with a length of 0',
    asks: 'FRAME_ENCODING_ERROR',
    payloads: () => [newId(1, 0, 0)],
    codes: [Code.FrameEncoding],
  },
  {
    name: 'new-id-of-21-bytes',
    section: 'RFC 9000 §19.15',
    ids: ['rfc9000-19.15-1'],
    sends: 'NEW_CONNECTION_ID with a length of 21',
    asks: 'FRAME_ENCODING_ERROR',
    payloads: () => [newId(1, 0, 21)],
    codes: [Code.FrameEncoding],
  },
  {
    name: 'more-ids-than-allowed',
    section: 'RFC 9000 §5.1.1',
    ids: ['rfc9000-5.1.1-6'],
    sends: 'twice as many connection IDs as active_connection_id_limit, at once',
    asks: 'CONNECTION_ID_LIMIT_ERROR',
    payloads: ({ talk }) => {
      const { activeConnectionIdLimit: limit } = talk.parameters;
      if (limit > MOST_IDS) throw new Inconclusive(`it allows ${limit} connection IDs`);
      // A peer may retire the first one at once.
      return [concatBytes(...Array.from({ length: 2 * limit }, (_, index) => newId(index + 1, 0)))];
    },
    codes: [Code.ConnectionIdLimit],
  },
  {
    name: 'retire-id-never-issued',
    section: 'RFC 9000 §19.16',
    ids: ['rfc9000-19.16-1'],
    sends: 'RETIRE_CONNECTION_ID of a number that was never issued',
    asks: 'PROTOCOL_VIOLATION',
    payloads: () => [frame(Type.RetireConnectionId, [9999])],
    codes: [Code.ProtocolViolation],
  },
  {
    name: 'new-id-for-number-in-use',
    word: 'MAY',
    section: 'RFC 9000 §19.15',
    ids: ['rfc9000-19.15-5'],
    sends: 'two NEW_CONNECTION_ID frames with number 1 and different IDs',
    asks: 'PROTOCOL_VIOLATION, or the second ignored',
    payloads: () => [newId(1, 0), newId(1, 0, 8, 0x55)],
    codes: [Code.ProtocolViolation],
    mayIgnore: true,
  },
  {
    name: 'new-id-for-number-0',
    word: 'MAY',
    section: 'RFC 9000 §19.15',
    ids: ['rfc9000-19.15-5'],
    sends: 'NEW_CONNECTION_ID with number 0, which the handshake has, and another ID',
    asks: 'PROTOCOL_VIOLATION, or ignored',
    payloads: () => [newId(0, 0)],
    codes: [Code.ProtocolViolation],
    mayIgnore: true,
  },
  {
    name: 'new-id-twice',
    section: 'RFC 9000 §19.15',
    ids: ['rfc9000-19.15-4'],
    sends: 'the same NEW_CONNECTION_ID twice',
    asks: 'no error',
    payloads: () => [newId(1, 0), newId(1, 0)],
  },
];

/** Whether the peer has retired this number. */
function isRetired(talk: Conversation, sequence: number): boolean {
  return talk.endpoint.framesOf(Type.RetireConnectionId).some(({ values }) => values[0] === sequence);
}

function* retiresPriorTo(scene: Scene, subject: Subject): Script<Finding> {
  const talk = yield* meet(scene, subject);
  scene.act('NEW_CONNECTION_ID 1 with Retire Prior To 1');
  talk.send(Level.Application, newId(1, 1));
  yield* wait(scene.setting.timeoutMs, () => isRetired(talk, 0) || talk.close !== undefined);
  if (!isRetired(talk, 0)) return fails(talk.close === undefined ? 'number 0 was not retired' : 'it closed');
  talk.send(Level.Application, PING);
  if (!(yield* goesOn(scene, talk)))
    throw new Inconclusive('number 0 was retired, and nothing came after it');
  const last = talk.seen(Level.Application).at(-1)!;
  if (last.destination[0] !== 0x41) return fails('number 0 was retired, and is still in use');
  return passes('number 0 was retired, and number 1 is in use');
}

function* retiresLate(scene: Scene, subject: Subject): Script<Finding> {
  const talk = yield* meet(scene, subject);
  scene.act('NEW_CONNECTION_ID 2 with Retire Prior To 2, then number 1');
  talk.send(Level.Application, newId(2, 2));
  talk.send(Level.Application, newId(1, 0));
  yield* wait(scene.setting.timeoutMs, () => isRetired(talk, 1) || talk.close !== undefined);
  if (isRetired(talk, 1)) return passes('number 1 was retired');
  return fails(talk.close === undefined ? 'number 1 was not retired' : 'it closed');
}

/** Number 0 is the ID of the handshake, to which packets go. RFC 9000 §5.1.1 */
function* retiresInUse(scene: Scene, subject: Subject): Script<Finding> {
  const talk = yield* meet(scene, subject);
  const { endpoint } = talk;
  const isEmpty = endpoint.destination.length === 0;
  const other = (): Uint8Array | undefined =>
    endpoint.framesOf(Type.NewConnectionId).at(-1)?.data.slice(0, -RESET_TOKEN_BYTES);
  if (!isEmpty) yield* wait(scene.setting.timeoutMs / 2, () => other() !== undefined);
  scene.act('RETIRE_CONNECTION_ID 0 in a packet to that ID');
  talk.send(Level.Application, frame(Type.RetireConnectionId, [0], new Uint8Array(4)));
  if (isEmpty) return yield* closesWith(scene, talk, Code.ProtocolViolation);
  // A peer that has retired it hears packets to other IDs alone.
  endpoint.destination = other() ?? endpoint.destination;
  return yield* livesOnOrCloses(scene, talk, Code.ProtocolViolation);
}

/** RFC 9000 §10.3 */
const RESET_TOKEN_BYTES = 16;

/** Connection IDs. */
export const ID_ROWS: readonly Row[] = [
  ...frameRows(IDS),
  ...BOTH.flatMap((subject): Row[] => [
    {
      name: 'retire-prior-to',
      subject,
      level: 'MUST',
      section: 'RFC 9000 §5.1.2',
      ids: ['rfc9000-5.1.2-4'],
      sends: 'NEW_CONNECTION_ID 1 with Retire Prior To 1',
      asks: 'RETIRE_CONNECTION_ID 0, and packets to the new ID',
      play: (scene) => retiresPriorTo(scene, subject),
    },
    {
      name: 'new-id-below-retire-prior-to',
      subject,
      level: 'MUST',
      section: 'RFC 9000 §19.15',
      ids: ['rfc9000-19.15-9'],
      sends: 'NEW_CONNECTION_ID 2 with Retire Prior To 2, then number 1',
      asks: 'RETIRE_CONNECTION_ID 1',
      play: (scene) => retiresLate(scene, subject),
    },
    {
      name: 'retire-id-in-use',
      subject,
      level: 'MAY',
      section: 'RFC 9000 §19.16',
      ids: ['rfc9000-19.16-3'],
      sends: 'RETIRE_CONNECTION_ID of the ID that its packet goes to',
      asks: 'PROTOCOL_VIOLATION, or the ID retired',
      play: (scene) => retiresInUse(scene, subject),
    },
  ]),
];
