import { concatBytes, encodeVarint } from '@tsquic/bytes';
import { cryptoFrame, frame } from '@tsquic/adversary';
import { TransportCode as Code } from '@tsquic/quic-core';
import { FrameType as Type } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import { closeText, livesOn, PING, staysSilent } from '../answers.ts';
import type { Conversation, ConversationOptions } from '../conversation.ts';
import { fails, type Finding, passes, type Row } from '../row.ts';
import { endText, type Scene } from '../scene.ts';
import { Inconclusive, pause, type Script, wait } from '../script.ts';

/** A client that has not sent its ClientHello, and the ClientHello. */
function withHello(
  scene: Scene,
  options: ConversationOptions = {},
): { readonly talk: Conversation; readonly hello: Uint8Array } {
  let hello: Uint8Array = NONE;
  const talk = scene.open({
    ...options,
    edit: (level, bytes) => {
      if (level !== Level.Initial) return bytes;
      hello = bytes;
      return NONE;
    },
  });
  talk.endpoint.start();
  return { talk, hello };
}

function* smallInitial(scene: Scene): Script<Finding> {
  const { talk, hello } = withHello(scene);
  scene.act('a ClientHello in a datagram of 1199 bytes');
  talk.send(Level.Initial, cryptoFrame(0, hello), { bytes: 1199 });
  yield* pause(scene.setting.timeoutMs / 2);
  const { close } = talk;
  if (close !== undefined)
    return close.code === Code.ProtocolViolation ? passes(closeText(close)) : fails(closeText(close));
  return yield* staysSilent(scene, talk);
}

function* shortId(scene: Scene): Script<Finding> {
  const firstDestination = new Uint8Array(7);
  scene.setting.crypto.random(firstDestination);
  const { talk, hello } = withHello(scene, { firstDestination });
  scene.act('a first Initial packet with a Destination Connection ID of seven bytes');
  talk.send(Level.Initial, cryptoFrame(0, hello));
  yield* wait(scene.setting.timeoutMs / 2, () => talk.isConfirmed || talk.close !== undefined);
  const { close } = talk;
  if (close !== undefined) return passes(closeText(close));
  return yield* staysSilent(scene, talk);
}

/** A long header of version 1 with an ID of 21 bytes. RFC 9000 §17.2 */
function* longId(scene: Scene): Script<Finding> {
  const { talk, hello } = withHello(scene, { source: new Uint8Array(21).fill(6) });
  scene.act('a first Initial packet with a Source Connection ID of 21 bytes');
  talk.send(Level.Initial, cryptoFrame(0, hello));
  return yield* staysSilent(scene, talk);
}

function* outOfOrder(scene: Scene): Script<Finding> {
  const { talk, hello } = withHello(scene);
  scene.act('a ClientHello in two packets, the second half first');
  const half = hello.length >> 1;
  const send = (): void => {
    talk.send(Level.Initial, cryptoFrame(half, hello.subarray(half)));
    talk.send(Level.Initial, cryptoFrame(0, hello.subarray(0, half)));
  };
  send();
  yield* wait(scene.setting.timeoutMs, () => talk.isRetried || talk.isConfirmed || talk.close !== undefined);
  if (talk.isRetried && !talk.isConfirmed) send();
  return yield* completes(scene, talk);
}

function* completes(scene: Scene, talk: Conversation): Script<Finding> {
  yield* wait(scene.setting.timeoutMs, () => talk.isConfirmed || talk.close !== undefined);
  if (talk.isConfirmed) return passes('the handshake is confirmed');
  return fails(endText(talk));
}

/** Bytes that come of one datagram to an address that proves nothing. */
function* amplification(scene: Scene): Script<Finding> {
  const talk = scene.open({ acknowledges: false, silentFrom: Level.Handshake, followsRetry: false });
  scene.act('a ClientHello, and no acknowledgement');
  talk.endpoint.start();
  yield* pause(Math.max(AMPLIFIED_MS, scene.setting.timeoutMs));
  const { sent, received } = talk.bytes;
  if (received === 0) throw new Inconclusive('nothing came');
  const came = `${received} bytes came for ${sent}`;
  return received <= 3 * sent ? passes(came) : fails(came);
}

/** A coalesced packet with another ID, whose frame would end the connection. RFC 9000 §12.2 */
function* foreignId(scene: Scene): Script<Finding> {
  const talk = yield* scene.connectHalfway();
  const other = talk.endpoint.destination.map((byte) => byte ^ 0xff);
  scene.act('a Handshake packet, and behind it in the datagram one with another Destination Connection ID');
  talk.sendDatagram(
    concatBytes(
      talk.packet(Level.Handshake, PING),
      talk.packet(Level.Handshake, frame(Type.StopSending, [0, 0]), { destination: other }),
    ),
  );
  return yield* livesOn(scene, talk);
}

/** A packet that cannot be decrypted in front of one that can. RFC 9000 §12.2 */
function* coalescedNoise(scene: Scene): Script<Finding> {
  const talk = yield* scene.connectHalfway();
  const damaged = talk.packet(Level.Handshake, PING);
  damaged[damaged.length - 1] = damaged.at(-1)! ^ 1;
  scene.act('a Handshake packet with a wrong tag, and behind it in the datagram one that is right');
  const number = talk.endpoint.numbers[Level.Handshake]!;
  talk.sendDatagram(concatBytes(damaged, talk.packet(Level.Handshake, PING)));
  const isAcknowledged = (): boolean => talk.isAcknowledged(Level.Handshake, number);
  yield* wait(scene.setting.timeoutMs, () => isAcknowledged() || talk.close !== undefined);
  if (isAcknowledged()) return passes('the second packet was acknowledged');
  return fails(talk.close === undefined ? 'the second packet was not acknowledged' : endText(talk));
}

/** What came of the server's side of the handshake. */
function* serverInitials(scene: Scene): Script<Finding> {
  const talk = yield* scene.connect();
  const small = talk
    .seen(Level.Initial)
    .find(
      ({ frames, datagramBytes }) => frames.some(({ type }) => type === Type.Crypto) && datagramBytes < 1200,
    );
  if (small !== undefined) return fails(`a ServerHello came in a datagram of ${small.datagramBytes} bytes`);
  return passes('its ack-eliciting Initial packets came in datagrams of 1200 bytes at least');
}

/** A Handshake packet for nobody. RFC 9000 §5.2.2 */
function* strayHandshake(scene: Scene): Script<Finding> {
  const talk = scene.open();
  scene.act('a Handshake packet of a connection that does not exist');
  const header = concatBytes(
    Uint8Array.of(0xe0, 0, 0, 0, 1, 8),
    talk.endpoint.destination,
    Uint8Array.of(8),
    talk.endpoint.source,
  );
  talk.sendDatagram(
    concatBytes(header, encodeVarint(1000), new Uint8Array(1000).fill(0x5a), new Uint8Array(300)),
  );
  return yield* staysSilent(scene, talk);
}

const NONE = new Uint8Array(0);
/** Long enough for a few probes of a server that has no round trip yet. RFC 9002 §6.2.2 */
const AMPLIFIED_MS = 5000;

type InitialRow = readonly [
  name: string,
  level: Row['level'],
  section: string,
  ids: readonly string[],
  sends: string,
  asks: string,
  play: Row['play'],
];

const ROWS: readonly InitialRow[] = [
  [
    'initial-in-1199-bytes',
    'MUST',
    'RFC 9000 §14.1',
    ['rfc9000-14.1-4'],
    'a ClientHello in a datagram of 1199 bytes',
    'discarded, or PROTOCOL_VIOLATION',
    smallInitial,
  ],
  [
    'first-destination-id-of-7-bytes',
    'MUST',
    'RFC 9000 §5.2.2',
    ['rfc9000-5.2.2-8'],
    'a first Initial packet with a Destination Connection ID of seven bytes',
    'no connection: discarded, or an error',
    shortId,
  ],
  [
    'source-id-of-21-bytes',
    'MUST',
    'RFC 9000 §17.2',
    ['rfc9000-17.2-6'],
    'a first Initial packet with a Source Connection ID of 21 bytes',
    'discarded',
    longId,
  ],
  [
    'hello-out-of-order',
    'MUST',
    'RFC 9000 §7.5',
    ['rfc9000-7.5-1'],
    'a ClientHello in two packets, the second half first',
    'the handshake completes',
    outOfOrder,
  ],
  [
    'amplification',
    'MUST',
    'RFC 9000 §8.1',
    ['rfc9000-8.1-2', 'rfc9000-14.1-6'],
    'one ClientHello, and no acknowledgement',
    'at most three times the bytes, until the address is validated',
    amplification,
  ],
  [
    'coalesced-with-other-id',
    'SHOULD',
    'RFC 9000 §12.2',
    ['rfc9000-12.2-5'],
    'a datagram whose second packet has another Destination Connection ID',
    'the second packet ignored',
    foreignId,
  ],
  [
    'coalesced-behind-damage',
    'MUST',
    'RFC 9000 §12.2',
    ['rfc9000-12.2-7'],
    'a datagram whose first packet cannot be decrypted',
    'the second packet processed',
    coalescedNoise,
  ],
  [
    'server-initial-size',
    'MUST',
    'RFC 9000 §14.1',
    ['rfc9000-14.1-2'],
    'a ClientHello',
    'ack-eliciting Initial packets in datagrams of 1200 bytes at least',
    serverInitials,
  ],
  [
    'stray-handshake-packet',
    'SHOULD',
    'RFC 9000 §5.2.2',
    ['rfc9000-5.2.2-7'],
    'a Handshake packet of a connection that does not exist',
    'ignored',
    strayHandshake,
  ],
];

/** First packets, and what servers make of them. */
export const FIRST_PACKET_ROWS: readonly Row[] = ROWS.map(
  ([name, level, section, ids, sends, asks, play]): Row => ({
    ...{ name, level, section, ids, sends, asks, play },
    subject: 'server',
  }),
);
