import { ByteReader, toHex } from '@tsquic/bytes';
import { TransportCode as Code, type TransportParameters } from '@tsquic/quic-core';
import { FrameType, LONG_FORM } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import { closesWith, goesOn, livesOn } from '../answers.ts';
import type { Conversation, ConversationOptions } from '../conversation.ts';
import { fails, type Finding, passes, type Row } from '../row.ts';
import { endText, type Scene } from '../scene.ts';
import { Inconclusive, type Script, wait } from '../script.ts';

/** The beginning of a ClientHello, with its random bytes. RFC 8446 §4.1.2 */
const HELLO_BYTES = 38;
const TOKEN = Uint8Array.of(0x74, 0x6f, 0x6b, 0x65, 0x6e);
const OTHER_TOKEN = Uint8Array.of(0x6f, 0x74, 0x68, 0x65, 0x72);

/** The Destination Connection ID and the token of an Initial packet at the beginning of a datagram. */
interface InitialHeader {
  readonly destination: string;
  readonly source: string;
  readonly token: string;
}

function initialHeader(bytes: Uint8Array): InitialHeader | undefined {
  if (bytes.length < 1200 || (bytes[0]! & LONG_FORM) === 0) return undefined;
  const reader = new ByteReader(bytes, 5);
  const destination = toHex(reader.copy(reader.u8()));
  const source = toHex(reader.copy(reader.u8()));
  const token = toHex(reader.copy(reader.varint()));
  return reader.truncated ? undefined : { destination, source, token };
}

/** A client that was sent a Retry, before anything else, and the datagrams that came since. */
function* afterRetry(
  scene: Scene,
  options: ConversationOptions = {},
): Script<{ readonly talk: Conversation; readonly first: Uint8Array }> {
  const talk = yield* scene.silentArrival(options);
  const first = talk.datagrams[0]!;
  scene.act('a Retry');
  const before = talk.datagrams.length;
  talk.sendDatagram(talk.endpoint.forgedRetry(TOKEN));
  talk.endpoint.expectRetried();
  const since = (): boolean =>
    talk.datagrams.slice(before).some((bytes) => initialHeader(bytes)?.token === toHex(TOKEN));
  yield* wait(scene.setting.timeoutMs, () => since() || talk.close !== undefined);
  return { talk, first };
}

function* followsRetry(scene: Scene): Script<Finding> {
  const { talk, first } = yield* afterRetry(scene);
  const before = initialHeader(first);
  const after = talk.datagrams.map(initialHeader).find((header) => header?.token === toHex(TOKEN));
  if (after === undefined) return fails(`no Initial packet with the token came: ${endText(talk)}`);
  if (after.destination !== toHex(talk.endpoint.source))
    return fails(`its Initial packets go to ${after.destination}, not to the ID of the Retry`);
  if (after.source !== before?.source) return fails('it has changed its Source Connection ID');
  return passes('an Initial packet with the token came, to the ID of the Retry');
}

function* keepsHello(scene: Scene): Script<Finding> {
  const { talk, first } = yield* afterRetry(scene);
  const hellos = talk.endpoint
    .framesOf(FrameType.Crypto, Level.Initial)
    .filter(({ values }) => values[0] === 0)
    .map(({ data }) => toHex(data.subarray(0, HELLO_BYTES)));
  if (first.length === 0 || hellos.length < 2) throw new Inconclusive('no second ClientHello could be read');
  return hellos.every((hello) => hello === hellos[0])
    ? passes('the ClientHello is the same')
    : fails('the ClientHello is another one');
}

function* ignoresRetry(scene: Scene, retry: (talk: Conversation) => Uint8Array): Script<Finding> {
  const talk = yield* scene.silentArrival();
  scene.act('a Retry that does not count');
  talk.sendDatagram(retry(talk));
  return yield* livesOn(scene, talk);
}

function* ignoresLateRetry(scene: Scene): Script<Finding> {
  const talk = yield* scene.acceptHalfway();
  scene.act('a Retry after a ServerHello');
  talk.sendDatagram(talk.endpoint.forgedRetry(TOKEN));
  return yield* livesOn(scene, talk);
}

function* ignoresSecondRetry(scene: Scene): Script<Finding> {
  const { talk } = yield* afterRetry(scene, { parameters: withRetrySource });
  scene.act('a second Retry');
  const { endpoint } = talk;
  talk.sendDatagram(endpoint.forgedRetry(OTHER_TOKEN, new Uint8Array(8).fill(0x33), endpoint.source));
  return yield* livesOn(scene, talk);
}

/** What a server says that has sent a Retry. RFC 9000 §7.3 */
function withRetrySource(parameters: TransportParameters): void {
  parameters.retrySourceConnectionId = parameters.initialSourceConnectionId;
}

function* judgesRetrySource(scene: Scene, parameters: (given: TransportParameters) => void): Script<Finding> {
  const { talk } = yield* afterRetry(scene, { parameters });
  talk.speakUp();
  return yield* closesWith(scene, talk, Code.TransportParameter, Code.ProtocolViolation);
}

function* sizes(scene: Scene): Script<Finding> {
  const talk = yield* scene.accept();
  yield* goesOn(scene, talk);
  const small = talk.seen(Level.Initial).find(({ datagramBytes }) => datagramBytes < 1200);
  if (small !== undefined)
    return fails(`an Initial packet came in a datagram of ${small.datagramBytes} bytes`);
  return passes('its Initial packets came in datagrams of 1200 bytes at least');
}

function* firstId(scene: Scene): Script<Finding> {
  const talk = yield* scene.arrival();
  const length = talk.endpoint.originalDestination.length;
  const came = `its first Destination Connection ID has ${length} bytes`;
  return length >= 8 ? passes(came) : fails(came);
}

function* changesId(scene: Scene): Script<Finding> {
  const talk = yield* scene.accept();
  yield* goesOn(scene, talk);
  const { source } = talk.endpoint;
  const wrong = talk
    .seen()
    .find(({ level, destination }) => level !== Level.Initial && toHex(destination) !== toHex(source));
  if (wrong !== undefined) return fails(`a packet came to ${toHex(wrong.destination)}`);
  return passes('its packets came to the ID of the ServerHello');
}

function* noStreams(scene: Scene): Script<Finding> {
  const talk = yield* scene.accept({
    parameters: (given) => {
      given.initialMaxStreamsBidi = 0;
      given.initialMaxStreamsUni = 0;
    },
  });
  return yield* sendsNone(scene, talk, () => 'a STREAM frame came');
}

function* noData(scene: Scene): Script<Finding> {
  const talk = yield* scene.accept({
    parameters: (given) => {
      given.initialMaxData = 0;
    },
  });
  return yield* sendsNone(scene, talk, (bytes) => (bytes > 0 ? 'stream data came' : undefined));
}

/** Wait for a STREAM frame that is wrong. */
function* sendsNone(
  scene: Scene,
  talk: Conversation,
  wrong: (dataBytes: number) => string | undefined,
): Script<Finding> {
  scene.act('nothing: the client is allowed none');
  const fault = (): string | undefined =>
    talk
      .seen()
      .flatMap(({ frames }) => frames)
      .filter(({ type }) => type >= 0x08 && type <= 0x0f)
      .map(({ data }) => wrong(data.length))
      .find((one) => one !== undefined);
  yield* wait(scene.setting.timeoutMs / 2, () => fault() !== undefined || talk.close !== undefined);
  const found = fault();
  if (found !== undefined) return fails(found);
  if (talk.close !== undefined && !talk.close.isApplication && talk.close.code !== 0)
    throw new Inconclusive(endText(talk));
  return passes('none came');
}

type BeginningRow = readonly [
  name: string,
  section: string,
  ids: readonly string[],
  sends: string,
  asks: string,
  play: Row['play'],
];

const ROWS: readonly BeginningRow[] = [
  [
    'client-initial-size',
    'RFC 9000 §14.1',
    ['rfc9000-14.1-1', 'rfc9000-8.1-4'],
    'a handshake',
    'Initial packets in datagrams of 1200 bytes at least',
    sizes,
  ],
  [
    'client-first-destination-id',
    'RFC 9000 §7.2',
    ['rfc9000-7.2-1'],
    'nothing',
    'a first Destination Connection ID of eight bytes at least',
    firstId,
  ],
  [
    'client-follows-source-id',
    'RFC 9000 §7.2',
    ['rfc9000-7.2-4'],
    'a handshake',
    'packets to the ID that the server has chosen',
    changesId,
  ],
  [
    'client-without-stream-credit',
    'RFC 9000 §4.6',
    ['rfc9000-4.6-2'],
    'a handshake with limits of no streams',
    'no STREAM frames',
    noStreams,
  ],
  [
    'client-without-data-credit',
    'RFC 9000 §4.1',
    ['rfc9000-4.1-1'],
    'a handshake with an initial_max_data of 0',
    'no stream data',
    noData,
  ],
  [
    'retry-followed',
    'RFC 9000 §17.2.5.1',
    ['rfc9000-17.2.5.1-3', 'rfc9000-8.1.2-1', 'rfc9000-17.2.5.2-5'],
    'a Retry',
    'Initial packets with its token, to its ID',
    followsRetry,
  ],
  [
    'retry-keeps-hello',
    'RFC 9000 §17.2.5.3',
    ['rfc9000-17.2.5.3-1'],
    'a Retry',
    'the same ClientHello again',
    keepsHello,
  ],
  [
    'retry-with-wrong-tag',
    'RFC 9000 §17.2.5.2',
    ['rfc9000-17.2.5.2-3'],
    'a Retry whose integrity tag is wrong',
    'discarded',
    (scene) =>
      ignoresRetry(scene, ({ endpoint }) => {
        const bytes = endpoint.forgedRetry(TOKEN);
        bytes[bytes.length - 1] = bytes.at(-1)! ^ 1;
        return bytes;
      }),
  ],
  [
    'retry-without-token',
    'RFC 9000 §17.2.5.2',
    ['rfc9000-17.2.5.2-4'],
    'a Retry with a token of no bytes',
    'discarded',
    (scene) => ignoresRetry(scene, ({ endpoint }) => endpoint.forgedRetry(new Uint8Array(0))),
  ],
  [
    'retry-with-same-id',
    'RFC 9000 §17.2.5.1',
    ['rfc9000-17.2.5.1-2'],
    'a Retry whose Source Connection ID is the Destination Connection ID of the Initial packet',
    'discarded',
    (scene) =>
      ignoresRetry(scene, ({ endpoint }) => endpoint.forgedRetry(TOKEN, endpoint.originalDestination)),
  ],
  [
    'retry-after-hello',
    'RFC 9000 §17.2.5.2',
    ['rfc9000-17.2.5.2-2'],
    'a Retry after a ServerHello',
    'discarded',
    ignoresLateRetry,
  ],
  [
    'retry-twice',
    'RFC 9000 §17.2.5.2',
    ['rfc9000-17.2.5.2-1', 'rfc9000-17.2.5.2-2'],
    'a Retry, and a second one',
    'the second discarded',
    ignoresSecondRetry,
  ],
  [
    'retry-source-id-missing',
    'RFC 9000 §7.3',
    ['rfc9000-7.3-4'],
    'a Retry, and transport parameters without retry_source_connection_id',
    'TRANSPORT_PARAMETER_ERROR or PROTOCOL_VIOLATION',
    (scene) => judgesRetrySource(scene, () => {}),
  ],
  [
    'retry-source-id-wrong',
    'RFC 9000 §7.3',
    ['rfc9000-7.3-4'],
    'a Retry, and transport parameters with another retry_source_connection_id',
    'TRANSPORT_PARAMETER_ERROR or PROTOCOL_VIOLATION',
    (scene) =>
      judgesRetrySource(scene, (given) => {
        given.retrySourceConnectionId = new Uint8Array(8);
      }),
  ],
];

/** How clients begin, and what they make of Retry packets. */
export const CLIENT_BEGINNING_ROWS: readonly Row[] = ROWS.map(
  ([name, section, ids, sends, asks, play]): Row => ({
    ...{ name, section, ids, sends, asks, play },
    subject: 'client',
    level: 'MUST',
  }),
);
