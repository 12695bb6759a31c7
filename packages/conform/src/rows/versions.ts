import { concatBytes, toHex } from '@tsquic/bytes';
import { TransportCode as Code } from '@tsquic/quic-core';
import { LONG_FORM, VERSION_1, VERSIONS, type Version } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import { closesWith, livesOn, PING, staysSilent } from '../answers.ts';
import type { Conversation } from '../conversation.ts';
import { fails, type Finding, passes, type Row, type Subject } from '../row.ts';
import type { Scene } from '../scene.ts';
import { Inconclusive, pause, type Script, wait } from '../script.ts';
import { BOTH, meet } from './frame-row.ts';
import { begin, withRaw } from './parameters.ts';

/** Time for a packet to be read, milliseconds. */
const SETTLING_MS = 300;
/** A version of the form that is reserved so that servers must answer it with Version Negotiation. RFC 9000 §15 */
const RESERVED = 0x1a2a_3a4a;

/** A Version Negotiation packet by its fields. RFC 9000 §17.2.1 */
interface Negotiation {
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
  readonly versions: readonly number[];
}

function negotiationOf(bytes: Uint8Array): Negotiation | undefined {
  if (bytes.length < 7 || (bytes[0]! & LONG_FORM) === 0 || readVersion(bytes, 1) !== 0) return undefined;
  const sourceAt = 6 + bytes[5]!;
  const versionsAt = sourceAt + 1 + (bytes[sourceAt] ?? 0);
  const count = Math.floor((bytes.length - versionsAt) / 4);
  return {
    destination: bytes.slice(6, sourceAt),
    source: bytes.slice(sourceAt + 1, versionsAt),
    versions: Array.from({ length: Math.max(0, count) }, (_, index) =>
      readVersion(bytes, versionsAt + 4 * index),
    ),
  };
}

function readVersion(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}

function versionBytes(...versions: readonly number[]): Uint8Array {
  return concatBytes(
    ...versions.map((version) =>
      Uint8Array.of(version >>> 24, (version >>> 16) & 0xff, (version >>> 8) & 0xff, version & 0xff),
    ),
  );
}

/** A first packet of a version that nobody speaks, in a datagram of so many bytes. */
function sendUnknown(scene: Scene, bytes: number): Conversation {
  const strange: Version = { ...VERSION_1, id: RESERVED };
  const talk = scene.open({ version: strange });
  scene.act(`a first packet of version 0x${RESERVED.toString(16)} in ${bytes} bytes`);
  talk.send(Level.Initial, PING, { bytes });
  return talk;
}

function* untilNegotiation(scene: Scene, talk: Conversation): Script<Negotiation | undefined> {
  const found = (): Negotiation | undefined =>
    talk.datagrams.map(negotiationOf).find((one) => one !== undefined);
  yield* wait(scene.setting.timeoutMs, () => talk.datagrams.length > 0);
  return found();
}

function* negotiates(scene: Scene): Script<Finding> {
  const talk = sendUnknown(scene, 1200);
  const answer = yield* untilNegotiation(scene, talk);
  if (answer !== undefined) return passes(`it offers ${answer.versions.map(hex).join(', ')}`);
  if (talk.datagrams.length > 0) return fails('something else came');
  yield* scene.connect();
  return fails('nothing came, and it serves others');
}

function* echoesIds(scene: Scene): Script<Finding> {
  const talk = sendUnknown(scene, 1200);
  const answer = yield* untilNegotiation(scene, talk);
  if (answer === undefined) throw new Inconclusive('no Version Negotiation came');
  const { source, originalDestination } = talk.endpoint;
  const isRight =
    toHex(answer.destination) === toHex(source) && toHex(answer.source) === toHex(originalDestination);
  if (!isRight) return fails(`its IDs are ${toHex(answer.destination)} and ${toHex(answer.source)}`);
  if (answer.versions.includes(RESERVED)) return fails('it lists the version that it does not know');
  return passes('both IDs came back, exchanged');
}

function* ignoresNegotiation(scene: Scene): Script<Finding> {
  const talk = scene.open();
  scene.act('a Version Negotiation packet, to a server');
  talk.sendDatagram(
    concatBytes(talk.endpoint.forgedVersionNegotiation([VERSION_1.id, RESERVED]), new Uint8Array(1200)),
  );
  return yield* staysSilent(scene, talk);
}

/** A client before any answer gets Version Negotiation. */
function* clientIgnores(scene: Scene, versions: readonly number[]): Script<Finding> {
  const talk = yield* scene.silentArrival();
  scene.act(`Version Negotiation that lists ${versions.map(hex).join(', ')}`);
  talk.sendDatagram(talk.endpoint.forgedVersionNegotiation(versions));
  return yield* livesOn(scene, talk);
}

function* clientAbandons(scene: Scene): Script<Finding> {
  const talk = yield* scene.silentArrival();
  scene.act(`Version Negotiation that lists ${hex(RESERVED)} alone`);
  talk.sendDatagram(talk.endpoint.forgedVersionNegotiation([RESERVED]));
  yield* pause(SETTLING_MS);
  talk.speakUp();
  yield* wait(scene.setting.timeoutMs, () => talk.isConfirmed);
  return talk.isConfirmed ? fails('it went on with the handshake') : passes('it went no further');
}

function* clientIgnoresLate(scene: Scene): Script<Finding> {
  const talk = yield* scene.acceptHalfway();
  scene.act('Version Negotiation after a ServerHello');
  talk.sendDatagram(talk.endpoint.forgedVersionNegotiation([RESERVED]));
  return yield* livesOn(scene, talk);
}

/** Version Information that is wrong counts only for those who read it. RFC 9368 §3 */
function* judgesInformation(
  scene: Scene,
  subject: Subject,
  value: (own: number) => Uint8Array,
  code: number,
): Script<Finding> {
  scene.act('version_information');
  const talk = yield* begin(scene, subject, {
    parameters: withRaw(VERSION_INFORMATION, value(scene.setting.version.id)),
  });
  if (subject === 'client') {
    yield* wait(scene.setting.timeoutMs, () => talk.endpoint.peerParameters !== undefined);
    if (talk.parameters.versionInformation === undefined) throw new Inconclusive(NOT_IMPLEMENTED);
    return yield* closesWith(scene, talk, code);
  }
  yield* wait(scene.setting.timeoutMs, () => talk.isConfirmed || talk.close !== undefined);
  if (talk.isConfirmed && talk.parameters.versionInformation === undefined)
    throw new Inconclusive(NOT_IMPLEMENTED);
  return yield* closesWith(scene, talk, code);
}

const VERSION_INFORMATION = 0x11;
const NOT_IMPLEMENTED = 'it sends no version_information: it does not implement RFC 9368';

function otherThan(own: number): number {
  return VERSIONS.find(({ id }) => id !== own)!.id;
}

const INFORMATION: readonly (readonly [
  name: string,
  sends: string,
  ids: readonly string[],
  value: (own: number) => Uint8Array,
  code: number,
])[] = [
  [
    'version-information-cut-short',
    'version_information of three bytes',
    ['rfc9368-4-4', 'rfc9368-4-5'],
    () => Uint8Array.of(0, 0, 1),
    Code.TransportParameter,
  ],
  [
    'version-information-with-0',
    'version_information that lists version 0',
    ['rfc9368-4-6'],
    (own) => versionBytes(own, own, 0),
    Code.TransportParameter,
  ],
  [
    'version-information-mismatch',
    'version_information whose Chosen Version is not the one in use',
    ['rfc9368-4-9', 'rfc9368-4-10'],
    (own) => versionBytes(otherThan(own), otherThan(own), own),
    Code.VersionNegotiation,
  ],
];

function hex(version: number): string {
  return `0x${version.toString(16).padStart(8, '0')}`;
}

/** Versions and their negotiation. */
export const VERSION_ROWS: readonly Row[] = [
  {
    name: 'unknown-version',
    subject: 'server',
    level: 'SHOULD',
    section: 'RFC 9000 §5.2.2',
    ids: ['rfc9000-5.2.2-1', 'rfc9000-5.2.2-4'],
    sends: 'a first packet of an unknown version in 1200 bytes',
    asks: 'Version Negotiation',
    play: negotiates,
  },
  {
    name: 'unknown-version-ids',
    subject: 'server',
    level: 'MUST',
    section: 'RFC 9000 §17.2.1',
    ids: ['rfc9000-17.2.1-4', 'rfc9000-17.2.1-5'],
    sends: 'a first packet of an unknown version in 1200 bytes',
    asks: 'Version Negotiation with both connection IDs, exchanged',
    play: echoesIds,
  },
  {
    name: 'unknown-version-small',
    subject: 'server',
    level: 'MUST',
    section: 'RFC 9000 §5.2.2',
    ids: ['rfc9000-5.2.2-3'],
    sends: 'a first packet of an unknown version in 600 bytes',
    asks: 'silence',
    play: (scene) => staysSilent(scene, sendUnknown(scene, 600)),
  },
  {
    name: 'negotiation-to-server',
    subject: 'server',
    level: 'MUST',
    section: 'RFC 9000 §6.1',
    ids: ['rfc9000-6.1-1'],
    sends: 'a Version Negotiation packet',
    asks: 'silence',
    play: ignoresNegotiation,
  },
  {
    name: 'negotiation-without-version',
    subject: 'client',
    level: 'MUST',
    section: 'RFC 9000 §6.2',
    ids: ['rfc9000-6.2-1'],
    sends: 'Version Negotiation that lists no version of the client',
    asks: 'no handshake',
    play: clientAbandons,
  },
  {
    name: 'negotiation-lists-version',
    subject: 'client',
    level: 'MUST',
    section: 'RFC 9000 §6.2',
    ids: ['rfc9000-6.2-3'],
    sends: 'Version Negotiation that lists the version of the client',
    asks: 'ignored',
    play: (scene) => clientIgnores(scene, [RESERVED, scene.setting.version.id]),
  },
  {
    name: 'negotiation-after-hello',
    subject: 'client',
    level: 'MUST',
    section: 'RFC 9000 §6.2',
    ids: ['rfc9000-6.2-2'],
    sends: 'Version Negotiation after a ServerHello',
    asks: 'ignored',
    play: clientIgnoresLate,
  },
  ...BOTH.flatMap((subject) =>
    INFORMATION.map(([name, sends, ids, value, code]): Row => ({
      name,
      subject,
      level: 'MUST',
      section: 'RFC 9368 §4',
      ids: name.endsWith('mismatch') && subject === 'client' ? [] : ids,
      sends,
      asks: code === Code.VersionNegotiation ? 'VERSION_NEGOTIATION_ERROR' : 'TRANSPORT_PARAMETER_ERROR',
      play: (scene) => judgesInformation(scene, subject, value, code),
    })),
  ),
  ...BOTH.map((subject): Row => ({
    name: 'quic-bit-greased',
    subject,
    level: 'MUST',
    section: 'RFC 9287 §3',
    ids: ['rfc9287-3-2'],
    sends: 'PING in a packet whose QUIC bit is 0, to one that sent grease_quic_bit',
    asks: 'acknowledged',
    *play(scene) {
      const talk = yield* meet(scene, subject);
      if (!talk.parameters.greaseQuicBit) throw new Inconclusive('it does not send grease_quic_bit');
      scene.act('PING with a QUIC bit of 0');
      const number = talk.send(Level.Application, PING, { firstByte: 0x40 });
      if (yield* wait(scene.setting.timeoutMs, () => talk.isAcknowledged(Level.Application, number)))
        return passes('it was acknowledged');
      return fails('it was not acknowledged');
    },
  })),
];
