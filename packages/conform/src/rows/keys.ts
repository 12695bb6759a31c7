import { concatBytes } from '@tsquic/bytes';
import { frame } from '@tsquic/adversary';
import { TransportCode as Code } from '@tsquic/quic-core';
import { FrameType as Type } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import { judgeCode, livesOn, livesOnOrCloses, PING } from '../answers.ts';
import type { Conversation } from '../conversation.ts';
import { fails, type Finding, passes, type Row, type Subject } from '../row.ts';
import { endText, type Scene } from '../scene.ts';
import { type Script, wait } from '../script.ts';
import { BOTH, meet } from './frame-row.ts';

/** A frame that ends the connection where it counts. */
const FATAL: Uint8Array = concatBytes(frame(0x21), new Uint8Array(12));

/** Update the keys, and wait until the peer has acknowledged a packet under the new ones. */
function* update(scene: Scene, talk: Conversation): Script<boolean> {
  talk.endpoint.updateKeys();
  const number = talk.send(Level.Application, PING);
  const isAcknowledged = (): boolean => talk.isAcknowledged(Level.Application, number);
  yield* wait(scene.setting.timeoutMs, () => isAcknowledged() || talk.close !== undefined);
  return isAcknowledged();
}

function* followsUpdate(scene: Scene, subject: Subject): Script<Finding> {
  const talk = yield* meet(scene, subject);
  const before = talk.endpoint.peerPhase;
  scene.act('a key update');
  if (!(yield* update(scene, talk))) return fails(`the PING was not acknowledged: ${endText(talk)}`);
  if (talk.endpoint.peerPhase === before) return fails('the acknowledgement came under the old keys');
  return passes('the acknowledgement came under the new keys');
}

function* oldKeys(scene: Scene, subject: Subject): Script<Finding> {
  const talk = yield* meet(scene, subject);
  scene.act('a key update, then a packet with a higher number under the old keys');
  talk.endpoint.updateKeys();
  talk.send(Level.Application, PING);
  // At once: old keys are kept for three probe timeouts at most. RFC 9001 §6.5
  talk.send(Level.Application, PING, { formerKeys: true });
  return yield* livesOnOrCloses(scene, talk, Code.KeyUpdate);
}

function* updatesTwice(scene: Scene, subject: Subject): Script<Finding> {
  const talk = yield* meet(scene, subject);
  scene.act('two key updates at once');
  for (let i = 0; i < 2; i++) {
    talk.endpoint.updateKeys();
    talk.send(Level.Application, PING);
  }
  yield* wait(scene.setting.timeoutMs / 2, () => talk.close !== undefined);
  const { close } = talk;
  // Whoever waits for an acknowledgement of its own cannot decrypt packets of the second update yet.
  if (close === undefined) return passes('no CONNECTION_CLOSE came');
  return judgeCode(close, [Code.KeyUpdate]);
}

function* falseUpdate(scene: Scene, subject: Subject): Script<Finding> {
  const talk = yield* meet(scene, subject);
  scene.act('a packet with another key phase that cannot be decrypted');
  talk.send(Level.Application, PING, { firstByte: 0x04 });
  return yield* livesOn(scene, talk);
}

function* wrongTag(scene: Scene, subject: Subject): Script<Finding> {
  const talk = yield* meet(scene, subject);
  const bytes = talk.packet(Level.Application, FATAL);
  bytes[bytes.length - 1] = bytes.at(-1)! ^ 1;
  scene.act('a packet with an unknown frame and a wrong tag');
  talk.sendDatagram(bytes);
  return yield* livesOn(scene, talk);
}

function* duplicate(scene: Scene, subject: Subject): Script<Finding> {
  const talk = yield* meet(scene, subject);
  const number = talk.send(Level.Application, PING);
  yield* wait(scene.setting.timeoutMs, () => talk.isAcknowledged(Level.Application, number));
  scene.act('an unknown frame in a packet whose number was used before');
  talk.send(Level.Application, FATAL, { number });
  return yield* livesOn(scene, talk);
}

function* fixedBit(scene: Scene, subject: Subject): Script<Finding> {
  const talk = yield* meet(scene, subject);
  if (talk.parameters.greaseQuicBit) {
    const came = 'it sends grease_quic_bit, with which such packets count (RFC 9287 §3)';
    return { verdict: 'cannot tell', came };
  }
  scene.act('an unknown frame in a packet whose fixed bit is 0');
  talk.send(Level.Application, FATAL, { firstByte: 0x40 });
  return yield* livesOn(scene, talk);
}

function* spinBit(scene: Scene, subject: Subject): Script<Finding> {
  const talk = yield* meet(scene, subject);
  scene.act('packets with a spin bit that changes');
  for (let i = 0; i < 6; i++) talk.send(Level.Application, PING, { firstByte: i % 2 === 0 ? 0x20 : 0 });
  return yield* livesOn(scene, talk);
}

/** CONNECTION_CLOSE under keys that must be gone. RFC 9001 §4.9 */
function* overLevel(scene: Scene, subject: Subject, level: Level): Script<Finding> {
  const talk = yield* meet(scene, subject);
  scene.act('CONNECTION_CLOSE under keys of a level that is over');
  talk.send(level, frame(Type.ConnectionClose, [Code.ProtocolViolation, 0, 0], new Uint8Array(4)));
  return yield* livesOn(scene, talk);
}

type KeyRow = readonly [
  name: string,
  section: string,
  ids: readonly string[],
  sends: string,
  asks: string,
  play: (scene: Scene, subject: Subject) => Script<Finding>,
  level?: Row['level'],
];

const ROWS: readonly KeyRow[] = [
  [
    'key-update',
    'RFC 9001 §6.2',
    ['rfc9001-6.2-1', 'rfc9001-6.2-2'],
    'a packet under the next keys',
    'an acknowledgement under the next keys',
    followsUpdate,
  ],
  [
    'old-keys-after-update',
    'RFC 9001 §6.4',
    ['rfc9001-6.4-2'],
    'a key update, then a packet with a higher number under the old keys',
    'KEY_UPDATE_ERROR, or the packet discarded',
    oldKeys,
  ],
  [
    'two-key-updates',
    'RFC 9001 §6.2',
    ['rfc9001-6.2-3'],
    'a key update, and another one before an acknowledgement',
    'KEY_UPDATE_ERROR, or no error',
    updatesTwice,
    'MAY',
  ],
  [
    'false-key-update',
    'RFC 9001 §5.5',
    ['rfc9001-5.5-2'],
    'a packet with another key phase that cannot be decrypted',
    'discarded',
    falseUpdate,
  ],
  [
    'wrong-tag',
    'RFC 9000 §12.2',
    [],
    'a packet with an unknown frame and a wrong tag',
    'discarded',
    wrongTag,
  ],
  [
    'number-used-before',
    'RFC 9000 §12.3',
    ['rfc9000-12.3-4'],
    'an unknown frame in a packet whose number was used before',
    'discarded',
    duplicate,
  ],
  [
    'fixed-bit',
    'RFC 9000 §17.3.1',
    ['rfc9000-17.3.1-1'],
    'an unknown frame in a packet whose fixed bit is 0',
    'discarded',
    fixedBit,
  ],
  [
    'spin-bit',
    'RFC 9000 §17.4',
    ['rfc9000-17.4-5'],
    'packets with a spin bit that changes',
    'nothing of it',
    spinBit,
  ],
  [
    'initial-close-after-handshake',
    'RFC 9001 §4.9.1',
    ['rfc9001-4.9.1-1'],
    'CONNECTION_CLOSE in an Initial packet, after the handshake',
    'discarded',
    (scene, subject) => overLevel(scene, subject, Level.Initial),
  ],
  [
    'handshake-close-after-confirmation',
    'RFC 9001 §4.9.2',
    ['rfc9001-4.9.2-1'],
    'CONNECTION_CLOSE in a Handshake packet, after the handshake was confirmed',
    'discarded',
    (scene, subject) => overLevel(scene, subject, Level.Handshake),
  ],
];

/** Keys, and packets that do not count. */
export const KEY_ROWS: readonly Row[] = ROWS.flatMap(
  ([name, section, ids, sends, asks, play, level = 'MUST']) =>
    BOTH.map((subject): Row => ({
      ...{ name, section, ids, sends, asks, subject, level },
      play: (scene) => play(scene, subject),
    })),
);
