import { concatBytes } from '@tsquic/bytes';
import { cryptoFrame, frame, hugeVarint, tlsMessage, withoutExtension } from '@tsquic/adversary';
import { TransportCode as Code } from '@tsquic/quic-core';
import { FrameType as Type } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import { closesWith, refusesHello } from '../answers.ts';
import type { ConversationOptions } from '../conversation.ts';
import type { Row, Subject } from '../row.ts';
import { Inconclusive } from '../script.ts';
import { BYTE, type FrameRow, frameRows } from './frame-row.ts';
import { begin } from './parameters.ts';

const KEY_UPDATE = tlsMessage(24, Uint8Array.of(0));
/** A TLS alert is code 0x0100 and its number. RFC 9001 §4.8 */
const UNEXPECTED_MESSAGE = 0x10a;
const DECRYPT_ERROR = 0x133;
const MISSING_EXTENSION = 0x16d;
const NO_APPLICATION_PROTOCOL = 0x178;
const QUIC_PARAMETERS = 0x39;
const ALPN = 0x10;
const LARGEST = hugeVarint(0x3fff_ffff, 0xffff_ffff);
/** Far beyond what anybody keeps for a handshake. */
const FAR_AHEAD = 2 ** 29;

const MESSAGES: readonly FrameRow[] = [
  {
    name: 'key-update-message',
    section: 'RFC 9001 §6',
    ids: ['rfc9001-6-3'],
    sends: 'a TLS KeyUpdate in 1-RTT',
    asks: 'CRYPTO_ERROR 0x10a',
    payloads: ({ talk }) => [cryptoFrame(talk.endpoint.cryptoOffset(Level.Application), KEY_UPDATE)],
    codes: [UNEXPECTED_MESSAGE],
  },
  {
    name: 'key-update-message-in-handshake',
    section: 'RFC 9001 §6',
    ids: ['rfc9001-6-3'],
    sends: 'a TLS KeyUpdate in Handshake',
    asks: 'CRYPTO_ERROR 0x10a',
    level: Level.Handshake,
    payloads: () => [cryptoFrame(0, KEY_UPDATE)],
    codes: [UNEXPECTED_MESSAGE],
  },
  {
    name: 'end-of-early-data',
    subjects: ['server'],
    section: 'RFC 9001 §8.3',
    ids: ['rfc9001-8.3-1'],
    sends: 'a TLS EndOfEarlyData in Handshake',
    asks: 'CRYPTO_ERROR 0x10a: it is unexpected in TLS over QUIC',
    level: Level.Handshake,
    payloads: () => [cryptoFrame(0, tlsMessage(5))],
    codes: [UNEXPECTED_MESSAGE],
  },
  {
    name: 'certificate-request-after-handshake',
    subjects: ['client'],
    section: 'RFC 9001 §4.4',
    ids: ['rfc9001-4.4-6'],
    sends: 'a TLS CertificateRequest in 1-RTT',
    asks: 'PROTOCOL_VIOLATION, or CRYPTO_ERROR 0x10a as of a message that is unexpected (RFC 9000 §11)',
    payloads: ({ talk }) => [
      cryptoFrame(
        talk.endpoint.cryptoOffset(Level.Application),
        tlsMessage(13, Uint8Array.of(0, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3)),
      ),
    ],
    codes: [Code.ProtocolViolation, UNEXPECTED_MESSAGE],
  },
  {
    name: 'crypto-far-ahead-in-handshake',
    section: 'RFC 9000 §7.5',
    ids: ['rfc9000-7.5-3'],
    sends: 'CRYPTO at offset 2^29 in Handshake',
    asks: 'CRYPTO_BUFFER_EXCEEDED',
    level: Level.Handshake,
    payloads: () => [cryptoFrame(FAR_AHEAD, BYTE)],
    codes: [Code.CryptoBufferExceeded],
  },
  {
    name: 'crypto-far-ahead',
    section: 'RFC 9000 §7.5',
    ids: ['rfc9000-7.5-3'],
    sends: 'CRYPTO at offset 2^29 in 1-RTT',
    asks: 'CRYPTO_BUFFER_EXCEEDED, or the frame discarded',
    payloads: () => [cryptoFrame(FAR_AHEAD, BYTE)],
    codes: [Code.CryptoBufferExceeded],
    mayIgnore: true,
  },
  {
    name: 'crypto-above-2-62',
    section: 'RFC 9000 §19.6',
    ids: ['rfc9000-19.6-1'],
    sends: 'CRYPTO at offset 2^62-1 in Handshake',
    asks: 'FRAME_ENCODING_ERROR or CRYPTO_BUFFER_EXCEEDED',
    level: Level.Handshake,
    payloads: () => [concatBytes(frame(Type.Crypto), LARGEST, Uint8Array.of(1, 1))],
    codes: [Code.FrameEncoding, Code.CryptoBufferExceeded],
  },
];

/** Handshakes that are wrong by what this side says in them. */
interface HelloRow extends Pick<Row, 'name' | 'subject' | 'level' | 'section' | 'ids' | 'sends' | 'asks'> {
  readonly options: ConversationOptions;
  readonly codes: readonly number[];
  /** A code that the change itself causes where the signature is judged first. */
  readonly hiddenBy?: number;
}

const HELLOS: readonly HelloRow[] = [
  {
    name: 'alpn-without-overlap',
    subject: 'server',
    level: 'MUST',
    section: 'RFC 9001 §8.1',
    ids: ['rfc9001-8.1-2', 'rfc9001-8.1-6'],
    sends: 'a ClientHello that offers a protocol nobody speaks',
    asks: 'CRYPTO_ERROR 0x178',
    options: { alpn: ['tsquic-conform-none'] },
    codes: [NO_APPLICATION_PROTOCOL],
  },
  {
    name: 'alpn-missing',
    subject: 'server',
    level: 'MUST',
    section: 'RFC 9001 §8.1',
    ids: ['rfc9001-8.1-1', 'rfc9001-8.1-2'],
    sends: 'a ClientHello without ALPN',
    asks: 'CRYPTO_ERROR 0x178',
    options: { edit: editHello((hello) => withoutExtension(hello, ALPN)) },
    codes: [NO_APPLICATION_PROTOCOL],
  },
  {
    name: 'alpn-not-offered',
    subject: 'client',
    level: 'MUST',
    section: 'RFC 9001 §8.1',
    ids: ['rfc9001-8.1-7', 'rfc9001-8.1-3'],
    sends: 'EncryptedExtensions with a protocol that was not offered',
    asks: 'CRYPTO_ERROR 0x178',
    options: { chosenAlpn: 'tsquic-conform-none' },
    codes: [NO_APPLICATION_PROTOCOL],
  },
  {
    name: 'parameters-missing',
    subject: 'server',
    level: 'MUST',
    section: 'RFC 9001 §8.2',
    ids: ['rfc9001-8.2-1'],
    sends: 'a ClientHello without quic_transport_parameters',
    asks: 'CRYPTO_ERROR 0x16d',
    options: { edit: editHello((hello) => withoutExtension(hello, QUIC_PARAMETERS)) },
    codes: [MISSING_EXTENSION],
  },
  {
    name: 'parameters-missing',
    subject: 'client',
    level: 'MUST',
    section: 'RFC 9001 §8.2',
    ids: ['rfc9001-8.2-2'],
    sends: 'EncryptedExtensions without quic_transport_parameters',
    asks: 'CRYPTO_ERROR 0x16d',
    options: {
      edit: (level, bytes) =>
        level === Level.Handshake && bytes[0] === ENCRYPTED_EXTENSIONS
          ? withoutExtension(bytes, QUIC_PARAMETERS)
          : bytes,
    },
    codes: [MISSING_EXTENSION],
    hiddenBy: DECRYPT_ERROR,
  },
  {
    name: 'session-id',
    subject: 'server',
    level: 'SHOULD',
    section: 'RFC 9001 §8.4',
    ids: ['rfc9001-8.4-2'],
    sends: 'a ClientHello with a legacy_session_id of 32 bytes',
    asks: 'PROTOCOL_VIOLATION',
    options: { edit: editHello(withSessionId) },
    codes: [Code.ProtocolViolation],
  },
];

function editHello(change: (hello: Uint8Array) => Uint8Array): ConversationOptions['edit'] & object {
  return (level, bytes) => (level === Level.Initial ? change(bytes) : bytes);
}

/** The ClientHello with a session ID, as TLS 1.3 has it for middleboxes. RFC 8446 §D.4 */
function withSessionId(hello: Uint8Array): Uint8Array {
  const idAt = 4 + 2 + 32;
  const id = concatBytes(Uint8Array.of(32), new Uint8Array(32).fill(5));
  return tlsMessage(hello[0]!, concatBytes(hello.slice(4, idAt), id, hello.slice(idAt + 1)));
}

function ofHellos({ options, codes, hiddenBy, ...row }: HelloRow): Row {
  const subject: Subject = row.subject;
  return {
    ...row,
    *play(scene) {
      scene.act(row.sends);
      const talk = yield* begin(scene, subject, options);
      const judge = subject === 'server' ? refusesHello : closesWith;
      const finding = yield* judge(scene, talk, ...codes);
      if (finding.verdict === 'fail' && talk.close?.code === hiddenBy && hiddenBy !== undefined)
        throw new Inconclusive('it judged the signature before the extensions');
      return finding;
    },
  };
}

const ENCRYPTED_EXTENSIONS = 8;

/** TLS, and the frames that carry it. */
export const TLS_ROWS: readonly Row[] = [...HELLOS.map(ofHellos), ...frameRows(MESSAGES)];
