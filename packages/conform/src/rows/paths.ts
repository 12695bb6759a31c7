import { concatBytes, toHex } from '@tsquic/bytes';
import { frame } from '@tsquic/adversary';
import { FrameType as Type } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import { PING } from '../answers.ts';
import type { Conversation } from '../conversation.ts';
import { fails, type Finding, passes, type Row, type Subject } from '../row.ts';
import { endText, type Scene } from '../scene.ts';
import { type Script, wait } from '../script.ts';
import { newId } from './connection-ids.ts';
import { BOTH, meet } from './frame-row.ts';

const CHALLENGE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

/** Connection IDs for a peer that changes them: one in use, and one for the other path. */
const MOST_IDS = 3;

/** Send PATH_CHALLENGE in a datagram of 1200 bytes, and return whether its answer came in time. */
function* challenge(scene: Scene, subject: Subject): Script<Conversation> {
  const talk = yield* meet(scene, subject);
  scene.act('PATH_CHALLENGE in 1200 bytes');
  const overhead = 1 + talk.endpoint.destination.length + 4 + 16;
  const padding = new Uint8Array(1200 - overhead - 9);
  const data = new Uint8Array(CHALLENGE.length + padding.length);
  data.set(CHALLENGE);
  talk.send(Level.Application, frame(Type.PathChallenge, [], data));
  yield* wait(
    scene.setting.timeoutMs,
    () => talk.endpoint.framesOf(Type.PathResponse).length > 0 || talk.close !== undefined,
  );
  return talk;
}

function* echoes(scene: Scene, subject: Subject): Script<Finding> {
  const talk = yield* challenge(scene, subject);
  const [answer, ...more] = talk.endpoint.framesOf(Type.PathResponse);
  if (answer === undefined) return fails(`no PATH_RESPONSE came: ${endText(talk)}`);
  if (toHex(answer.data) !== toHex(CHALLENGE)) return fails(`PATH_RESPONSE came with ${toHex(answer.data)}`);
  return more.length === 0
    ? passes('PATH_RESPONSE came with the same bytes')
    : fails(`${more.length + 1} PATH_RESPONSE frames came`);
}

function* expands(scene: Scene, subject: Subject): Script<Finding> {
  const talk = yield* challenge(scene, subject);
  const packet = talk.seen().find(({ frames }) => frames.some(({ type }) => type === Type.PathResponse));
  if (packet === undefined) return fails(`no PATH_RESPONSE came: ${endText(talk)}`);
  const came = `PATH_RESPONSE came in a datagram of ${packet.datagramBytes} bytes`;
  return packet.datagramBytes >= 1200 ? passes(came) : fails(came);
}

function* validates(scene: Scene): Script<Finding> {
  const talk = yield* scene.connect();
  // Some answer on a path only with an ID of its own.
  const spare = Math.min(talk.parameters.activeConnectionIdLimit - 1, MOST_IDS);
  const ids = Array.from({ length: spare }, (_, index) => newId(index + 1, 0));
  const number = talk.send(Level.Application, concatBytes(...ids));
  yield* wait(scene.setting.timeoutMs, () => talk.isAcknowledged(Level.Application, number));
  const before = talk.endpoint.framesOf(Type.PathChallenge).length;
  const isChallenged = (): boolean => talk.endpoint.framesOf(Type.PathChallenge).length > before;
  scene.act('PING from another port');
  scene.rebind(talk);
  talk.send(Level.Application, PING);
  yield* wait(scene.setting.timeoutMs, () => isChallenged() || talk.close !== undefined);
  if (isChallenged()) return passes('PATH_CHALLENGE came');
  return fails(`no PATH_CHALLENGE came: ${endText(talk)}`);
}

/** Paths and their validation. */
export const PATH_ROWS: readonly Row[] = [
  ...BOTH.flatMap((subject): Row[] => [
    {
      name: 'path-challenge',
      subject,
      level: 'MUST',
      section: 'RFC 9000 §8.2.2',
      ids: ['rfc9000-8.2.2-1', 'rfc9000-8.2.2-7'],
      sends: 'PATH_CHALLENGE',
      asks: 'one PATH_RESPONSE with the same bytes',
      play: (scene) => echoes(scene, subject),
    },
    {
      name: 'path-response-size',
      subject,
      level: 'MUST',
      section: 'RFC 9000 §8.2.2',
      ids: ['rfc9000-8.2.2-5'],
      sends: 'PATH_CHALLENGE in a datagram of 1200 bytes',
      asks: 'PATH_RESPONSE in a datagram of 1200 bytes at least',
      play: (scene) => expands(scene, subject),
    },
  ]),
  {
    name: 'address-change',
    subject: 'server',
    level: 'MUST',
    section: 'RFC 9000 §9.3',
    ids: ['rfc9000-9.3-2'],
    sends: 'PING from another port',
    asks: 'PATH_CHALLENGE',
    play: validates,
  },
];
