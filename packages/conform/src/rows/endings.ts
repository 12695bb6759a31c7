import { concatBytes } from '@tsquic/bytes';
import { frame } from '@tsquic/adversary';
import { FrameType as Type } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import { goesOn, livesOn, PING } from '../answers.ts';
import type { Conversation } from '../conversation.ts';
import { fails, type Finding, passes, type Row, type Subject } from '../row.ts';
import { endText, type Scene } from '../scene.ts';
import { Inconclusive, pause, type Script, wait } from '../script.ts';
import { newId, tokenOf } from './connection-ids.ts';
import { BOTH, meet } from './frame-row.ts';

/** Packets that ask a closed connection for an answer. */
const QUESTIONS = 20;

/** How many packets with CONNECTION_CLOSE came. */
function closes(talk: Conversation): number {
  return (
    talk.endpoint.framesOf(Type.ConnectionClose).length + talk.endpoint.framesOf(Type.ApplicationClose).length
  );
}

function* limitsCloses(scene: Scene, subject: Subject): Script<Finding> {
  const talk = yield* meet(scene, subject);
  talk.send(Level.Application, concatBytes(frame(0x21), new Uint8Array(8)));
  yield* wait(scene.setting.timeoutMs, () => closes(talk) > 0);
  if (closes(talk) === 0) throw new Inconclusive('it did not close');
  scene.act(`${QUESTIONS} packets to a connection that it has closed`);
  for (let i = 0; i < QUESTIONS; i++) {
    talk.send(Level.Application, PING);
    yield* pause(SPACING_MS);
  }
  yield* pause(scene.setting.timeoutMs / 2);
  const answers = closes(talk) - 1;
  const came = `${answers} more packets with CONNECTION_CLOSE came for ${QUESTIONS}`;
  return answers < QUESTIONS ? passes(came) : fails(came);
}

function* drains(scene: Scene, subject: Subject): Script<Finding> {
  const talk = yield* meet(scene, subject);
  talk.acknowledges = false;
  scene.act('CONNECTION_CLOSE, then PINGs');
  talk.send(Level.Application, frame(Type.ConnectionClose, [0, 0, 0], new Uint8Array(4)));
  // What was on its way has come by then.
  yield* pause(SETTLING_MS);
  const before = talk.seen().length;
  for (let i = 0; i < 5; i++) talk.send(Level.Application, PING);
  yield* pause(scene.setting.timeoutMs / 2);
  const more = talk.seen().length - before;
  return more === 0 ? passes('no packet came any more') : fails(`${more} packets came`);
}

/** An idle connection, with a timeout of this side's. RFC 9000 §10.1 */
function* idles(scene: Scene, subject: Subject): Script<Finding> {
  const talk = yield* meet(scene, subject, Level.Application, {
    parameters: (given) => {
      given.maxIdleTimeoutMs = IDLE_MS;
    },
  });
  yield* pause(SETTLING_MS);
  const before = talk.seen().length;
  scene.act(`nothing for ${QUIET_MS} ms, with a max_idle_timeout of ${IDLE_MS} ms; then PINGs`);
  yield* pause(QUIET_MS);
  if (talk.close !== undefined) return fails(`it was not silent: ${endText(talk)}`);
  if (talk.seen().length > before) throw new Inconclusive('the peer has kept the connection alive');
  if (yield* goesOn(scene, talk)) return fails('the connection goes on');
  return passes(talk.isReset ? 'a stateless reset came' : 'nothing came');
}

/** A stateless reset of this side with that token. RFC 9000 §10.3 */
function reset(scene: Scene, token: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(40);
  scene.setting.crypto.random(bytes);
  bytes[0] = 0x40 | (bytes[0]! & 0x3f);
  return concatBytes(bytes, token);
}

function* takesReset(scene: Scene, talk: Conversation, token: Uint8Array): Script<Finding> {
  if (!(yield* goesOn(scene, talk))) throw new Inconclusive(`it did not go on before: ${endText(talk)}`);
  scene.act('a stateless reset, then PINGs');
  talk.sendDatagram(reset(scene, token));
  if (yield* goesOn(scene, talk)) return fails('the connection goes on');
  return talk.close === undefined
    ? passes('no packet came any more')
    : fails(`it was not silent: ${endText(talk)}`);
}

function* clientTakesReset(scene: Scene): Script<Finding> {
  const token = tokenOf(0);
  const talk = yield* scene.accept({
    parameters: (given) => {
      given.statelessResetToken = token;
    },
  });
  return yield* takesReset(scene, talk, token);
}

function* serverTakesReset(scene: Scene): Script<Finding> {
  const talk = yield* scene.connect();
  const id = newId(1, 1);
  talk.send(Level.Application, id);
  talk.send(Level.Application, PING);
  // Tokens of IDs that the peer has not used do not count.
  const isUsed = (): boolean => talk.seen().some(({ destination }) => destination[0] === id[ID_AT]);
  yield* wait(scene.setting.timeoutMs, isUsed);
  if (!isUsed()) throw new Inconclusive('it has not used the connection ID that it was given');
  return yield* takesReset(scene, talk, tokenOf(1));
}

function* ignoresReset(scene: Scene, subject: Subject): Script<Finding> {
  const talk = yield* meet(scene, subject);
  scene.act('a stateless reset whose token nobody has given');
  talk.sendDatagram(reset(scene, new Uint8Array(16)));
  return yield* livesOn(scene, talk);
}

/** Where the ID begins in a NEW_CONNECTION_ID frame of small numbers. RFC 9000 §19.15 */
const ID_AT = 4;
/** Packets that come one by one, for those who take many at once. */
const SPACING_MS = 5;
/** Time for packets on their way, milliseconds. */
const SETTLING_MS = 300;
/** Some take no less than five seconds. */
const IDLE_MS = 6000;
/** Longer than the timeout, and than three probe timeouts of a path that is not slow. */
const QUIET_MS = 9000;

const ENDINGS = BOTH.flatMap((subject): Row[] => [
  {
    name: 'answers-when-closed',
    subject,
    level: 'SHOULD',
    section: 'RFC 9000 §10.2.1',
    ids: ['rfc9000-10.2.1-1'],
    sends: `${QUESTIONS} packets to a connection that it has closed`,
    asks: 'fewer answers than that',
    play: (scene) => limitsCloses(scene, subject),
  },
  {
    name: 'silence-when-draining',
    subject,
    level: 'MUST',
    section: 'RFC 9000 §10.2.2',
    ids: ['rfc9000-10.2.2-1', 'rfc9000-10.2.2-3'],
    sends: 'CONNECTION_CLOSE, then PINGs',
    asks: 'no packets',
    play: (scene) => drains(scene, subject),
  },
  {
    name: 'idle-timeout',
    subject,
    level: 'MUST',
    section: 'RFC 9000 §10.1',
    ids: [],
    sends: `a max_idle_timeout of ${IDLE_MS} ms, and nothing for longer`,
    asks: 'the connection silently discarded',
    play: (scene) => idles(scene, subject),
  },
  {
    name: 'reset-with-unknown-token',
    subject,
    level: 'MUST',
    section: 'RFC 9000 §10.3.1',
    ids: ['rfc9000-10.3.1-3'],
    sends: 'a stateless reset with a token of zeros',
    asks: 'ignored',
    play: (scene) => ignoresReset(scene, subject),
  },
]);

/** How connections end. */
export const ENDING_ROWS: readonly Row[] = [
  ...ENDINGS,
  {
    name: 'stateless-reset',
    subject: 'client',
    level: 'MUST',
    section: 'RFC 9000 §10.3.1',
    ids: ['rfc9000-10.3.1-5'],
    sends: 'a stateless reset with the token of the transport parameters',
    asks: 'no packets any more',
    play: clientTakesReset,
  },
  {
    name: 'stateless-reset',
    subject: 'server',
    level: 'MUST',
    section: 'RFC 9000 §10.3.1',
    ids: ['rfc9000-10.3.1-5'],
    sends: 'a stateless reset with the token of a connection ID that it uses',
    asks: 'no packets any more',
    play: serverTakesReset,
  },
];
