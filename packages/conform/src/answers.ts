import { frame } from '@tsquic/adversary';
import { TransportCode } from '@tsquic/quic-core';
import { FrameType } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import { type Close, type Conversation, LEVELS } from './conversation.ts';
import { codeText } from './error-names.ts';
import { fails, type Finding, passes } from './row.ts';
import type { Scene } from './scene.ts';
import { Inconclusive, pause, type Script, wait } from './script.ts';

/**
 * The peer must close with one of these codes. A generic code may always take the place of a specific one. RFC 9000 §11
 */
export function* closesWith(scene: Scene, talk: Conversation, ...codes: readonly number[]): Script<Finding> {
  yield* wait(scene.setting.timeoutMs, () => talk.close !== undefined || talk.isReset);
  const { close } = talk;
  if (close !== undefined) return judgeCode(close, codes);
  if (talk.isReset) throw new Inconclusive('a stateless reset came, and no CONNECTION_CLOSE');
  if (yield* goesOn(scene, talk)) return fails('no CONNECTION_CLOSE came, and the connection goes on');
  throw new Inconclusive('no CONNECTION_CLOSE came, and nothing else');
}

/** The server must close with one of these codes instead of its own handshake. */
export function* refusesHello(
  scene: Scene,
  talk: Conversation,
  ...codes: readonly number[]
): Script<Finding> {
  const hasAnswered = (): boolean => talk.endpoint.framesOf(FrameType.Crypto).length > 0;
  yield* wait(scene.setting.timeoutMs, () => talk.close !== undefined || hasAnswered());
  // What it has to say to the ClientHello follows at once.
  if (talk.close === undefined && hasAnswered())
    yield* wait(scene.setting.timeoutMs / 2, () => talk.close !== undefined);
  if (talk.close === undefined && hasAnswered()) return fails('it went on with its handshake');
  return yield* closesWith(scene, talk, ...codes);
}

/** The peer must ignore what was sent: the connection goes on. */
export function* livesOn(scene: Scene, talk: Conversation): Script<Finding> {
  if (yield* goesOn(scene, talk)) return passes('the connection goes on: it acknowledged a PING');
  const { close } = talk;
  if (close !== undefined) return fails(`it closed: ${closeText(close)}`);
  return fails(talk.isReset ? 'a stateless reset came' : 'it has not answered since');
}

/** The peer may ignore what was sent, or close with one of these codes. */
export function* livesOnOrCloses(
  scene: Scene,
  talk: Conversation,
  ...codes: readonly number[]
): Script<Finding> {
  yield* wait(scene.setting.timeoutMs / 4, () => talk.close !== undefined);
  if (talk.close !== undefined) return judgeCode(talk.close, codes);
  return yield* livesOn(scene, talk);
}

/** A peer that may only discard what was sent: nothing comes back, and it serves others. */
export function* staysSilent(scene: Scene, talk: Conversation): Script<Finding> {
  yield* pause(scene.setting.timeoutMs / 2);
  if (talk.datagrams.length > 0) return fails('it answered');
  yield* scene.connect();
  return passes('nothing came back, and it serves others');
}

/** Whether the peer's handshake completes where it has not yet, and it acknowledges one of a few PINGs. */
export function* goesOn(scene: Scene, talk: Conversation): Script<boolean> {
  const isOver = (): boolean => talk.close !== undefined || talk.isReset;
  if (!talk.isConfirmed) {
    talk.speakUp();
    yield* wait(scene.setting.timeoutMs, () => talk.isConfirmed || isOver());
    if (!talk.isConfirmed) return false;
  }
  for (let attempt = 0; attempt < PINGS && !isOver(); attempt++) {
    const number = talk.send(Level.Application, PING);
    const isAcknowledged = (): boolean => talk.isAcknowledged(Level.Application, number);
    yield* wait(scene.setting.timeoutMs / PINGS, () => isAcknowledged() || isOver());
    if (isAcknowledged()) return !isOver();
  }
  return false;
}

/** Whether the code is right. */
export function judgeCode(close: Close, codes: readonly number[]): Finding {
  const { code, isApplication } = close;
  if (isApplication) throw new Inconclusive(`the application closed first, with 0x${code.toString(16)}`);
  if (codes.includes(code)) return passes(closeText(close));
  if (GENERIC.includes(code))
    return passes(`${closeText(close)}, which may stand for any error (RFC 9000 §11)`);
  if (GENERIC_ALERTS.includes(code) && codes.some((wanted) => wanted >= TransportCode.CryptoBase))
    return passes(`${closeText(close)}, which may stand for any alert (RFC 9001 §4.8)`);
  return fails(`${closeText(close)}, not ${codes.map(codeText).join(' or ')}`);
}

/** How it closed, as a clause. */
export function closeText({ code, isApplication, level }: Close): string {
  return `CONNECTION_CLOSE ${isApplication ? `of the application 0x${code.toString(16)}` : codeText(code)} in ${LEVELS[level]}`;
}

/** PING, with PADDING that makes the packet long enough for its protection. */
export const PING: Uint8Array = frame(FrameType.Ping, [], new Uint8Array(4));
/** How often a connection is asked whether it goes on. */
const PINGS = 3;
const GENERIC: readonly number[] = [TransportCode.InternalError, TransportCode.ProtocolViolation];
/** handshake_failure and internal_error. */
const GENERIC_ALERTS: readonly number[] = [0x128, 0x150];
