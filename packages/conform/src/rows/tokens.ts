import { TransportCode as Code } from '@tsquic/quic-core';
import { FrameType as Type } from '@tsquic/quic-core/wire';
import { closeText } from '../answers.ts';
import { type Conversation, retryOf } from '../conversation.ts';
import { fails, type Finding, passes, type Row } from '../row.ts';
import { endText, type Scene } from '../scene.ts';
import { Inconclusive, type Script, wait } from '../script.ts';

/** A token for later connections that the server has given. Throws `Inconclusive` where it gives none. */
function* givenToken(scene: Scene): Script<Uint8Array> {
  const talk = yield* scene.connect();
  const given = (): Uint8Array | undefined => talk.endpoint.framesOf(Type.NewToken)[0]?.data;
  yield* wait(scene.setting.timeoutMs / 2, () => given() !== undefined || talk.close !== undefined);
  const token = given();
  if (token === undefined) throw new Inconclusive('no NEW_TOKEN came');
  return token;
}

/** A client that has begun with a token, and what has come of it. */
function* beginWith(scene: Scene, token: Uint8Array, what: string): Script<Conversation> {
  const talk = scene.open();
  talk.endpoint.token = token;
  scene.act(what);
  talk.endpoint.start();
  yield* wait(scene.setting.timeoutMs, () => talk.isConfirmed || talk.close !== undefined);
  return talk;
}

/** A token that proves nothing: the server goes on without, asks for another one, or says that it is invalid. */
function* isWorthless(scene: Scene, token: Uint8Array, what: string): Script<Finding> {
  const talk = yield* beginWith(scene, token, what);
  const { close } = talk;
  if (talk.isConfirmed) return passes('the handshake is confirmed');
  const isRetried = talk.datagrams.some((bytes) => retryOf(bytes, scene.setting.version) !== undefined);
  if (isRetried) return passes('a Retry came');
  if (close === undefined) return fails(endText(talk));
  // A server may take it for one of a Retry. RFC 9000 §8.1.2
  return close.code === Code.InvalidToken ? passes(closeText(close)) : fails(closeText(close));
}

function foreign(bytes: number): Row['play'] {
  return function* (scene) {
    const token = new Uint8Array(bytes);
    scene.setting.crypto.random(token);
    return yield* isWorthless(scene, token, `a ClientHello with a token of ${bytes} random bytes`);
  };
}

/** Of a token that the server has given. */
function changed(what: string, change: (token: Uint8Array) => Uint8Array): Row['play'] {
  return function* (scene) {
    return yield* isWorthless(scene, change(yield* givenToken(scene)), what);
  };
}

function* own(scene: Scene): Script<Finding> {
  const token = yield* givenToken(scene);
  const talk = yield* beginWith(scene, token, 'a ClientHello with the token of NEW_TOKEN');
  return talk.isConfirmed ? passes('the handshake is confirmed') : fails(endText(talk));
}

function flipped(token: Uint8Array): Uint8Array {
  const copy = token.slice();
  copy[copy.length - 1] = copy.at(-1)! ^ 1;
  return copy;
}

const AS_WITHOUT = 'as without a token; or a Retry, or INVALID_TOKEN (§8.1.2)';
const INVALID = 'rfc9000-8.1.3-15';

const ROWS: readonly (readonly [name: string, id: string, sends: string, asks: string, play: Row['play']])[] =
  [
    [
      'own-token',
      'rfc9000-8.1.3-16',
      'an Initial packet with the token of a NEW_TOKEN frame',
      'the handshake completes',
      own,
    ],
    [
      'unknown-token',
      INVALID,
      'an Initial packet with a token that the server has not made',
      AS_WITHOUT,
      foreign(40),
    ],
    ['token-of-1-byte', INVALID, 'an Initial packet with a token of one byte', AS_WITHOUT, foreign(1)],
    [
      'token-of-500-bytes',
      INVALID,
      'an Initial packet with a token of 500 bytes that the server has not made',
      AS_WITHOUT,
      foreign(500),
    ],
    [
      'own-token-changed',
      INVALID,
      'an Initial packet with the token of a NEW_TOKEN frame, one bit of which is another',
      AS_WITHOUT,
      changed('a ClientHello with the token of NEW_TOKEN, its last bit changed', flipped),
    ],
    [
      'own-token-cut-short',
      INVALID,
      'an Initial packet with the token of a NEW_TOKEN frame, without its last byte',
      AS_WITHOUT,
      changed('a ClientHello with the token of NEW_TOKEN, its last byte missing', (token) =>
        token.slice(0, -1),
      ),
    ],
  ];

/** Tokens that validate addresses, and those that do not. */
export const TOKEN_ROWS: readonly Row[] = ROWS.map(([name, id, sends, asks, play]): Row => ({
  ...{ name, sends, asks, play },
  subject: 'server',
  level: 'SHOULD',
  section: 'RFC 9000 §8.1.3',
  ids: [id],
}));
