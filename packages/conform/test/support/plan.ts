import { frame, streamFrame } from '@tsquic/adversary';
import { Level } from '@tsquic/tls13';
import { FrameType } from '@tsquic/quic-core/wire';
import type { Conversation } from '../../src/conversation.ts';
import type { Row } from '../../src/index.ts';
import {
  changing,
  chatty,
  deaf,
  lenient,
  mute,
  parrot,
  picky,
  repeating,
  type Saboteur,
  scripted,
  touchy,
  withoutAcks,
  wrongCode,
} from './saboteurs.ts';

/** Broken endpoints that a row must fail on, by name. */
export type Plan = Readonly<Record<string, Saboteur>>;

/** Those for a row: by what it asks for, or of its own. */
export function planFor(row: Row): Plan {
  const own = OWN[row.name];
  if (own !== undefined) return own;
  if (CODES.test(row.asks)) return NO_CLOSE_TO_TELL.has(row.name) ? { wrongCode } : { wrongCode, lenient };
  if (IGNORED.test(row.asks)) return { touchy, mute };
  throw new Error(`nobody has shown that ${row.subject} ${row.name} can fail`);
}

/** The RFC names codes. */
const CODES = /_ERROR|PROTOCOL_VIOLATION|CRYPTO_BUFFER_EXCEEDED/;
/** The RFC wants nothing to come of it. */
const IGNORED = /ignored|discarded|^no error|^nothing of it/;

/** Rows that may let the connection go on, and handshakes that the TLS of the lenient one ends. */
const NO_CLOSE_TO_TELL: ReadonlySet<string> = new Set([
  'stop-sending-in-initial',
  'crypto-far-ahead',
  'old-keys-after-update',
  'two-key-updates',
  'frame-type-in-two-bytes',
  'new-id-for-number-in-use',
  'new-id-for-number-0',
  'alpn-missing',
  'alpn-not-offered',
  'parameters-missing',
  'session-id',
  'key-update-message',
  'key-update-message-in-handshake',
  'end-of-early-data',
  'certificate-request-after-handshake',
  'version-information-cut-short',
  'version-information-with-0',
  'version-information-mismatch',
  'datagram-too-large',
  'more-ids-than-allowed',
]);

const OTHER_ID = new Uint8Array(8).fill(0x77);

/** A scripted client that sends one packet more when the handshake is complete. */
function oneMore(send: (talk: Conversation) => void): Saboteur {
  const done = new Set<Conversation>();
  return scripted({
    onTaken(talk) {
      if (!talk.endpoint.complete || done.has(talk)) return;
      done.add(talk);
      send(talk);
    },
  });
}

/** Versions other than 1 are not heard. */
const onlyVersion1 = deaf((bytes) => (bytes[0]! & 0x80) === 0 || bytes[4] === 1);
const withoutId: Saboteur = changing((bytes) => {
  const changed = bytes.slice();
  if ((bytes[0]! & 0x80) !== 0 && bytes.subarray(1, 5).every((byte) => byte === 0)) changed[6]! ^= 1;
  return changed;
});

/** A server that resumes any session and accepts its 0-RTT, and takes a byte less each time. */
const stingy: Saboteur = (row) => {
  let handshakes = 0;
  return scripted({
    tlsServer: {
      tickets: { seal: (bytes) => bytes, open: (bytes) => bytes },
      earlyData: true,
      judgeEarlyData: () => true,
    },
    parameters: (given) => void (given.initialMaxData -= handshakes++),
  })(row);
};

/** A client whose ClientHello has other random bytes each time. */
const forgetful: Saboteur = (row) => {
  let turn = 0;
  return scripted({
    edit(level, bytes) {
      if (level !== Level.Initial) return bytes;
      const changed = bytes.slice();
      changed[10] = turn++;
      return changed;
    },
  })(row);
};

const OWN: Readonly<Record<string, Plan>> = {
  handshake: { picky },
  'parameter-unknown': { touchy },
  'parameter-reserved': { touchy },
  ping: { withoutAcks },
  'own-ids': {
    strangeId: scripted({ parameters: (given) => void (given.initialSourceConnectionId = OTHER_ID) }),
  },
  'own-parameters': {
    beyondBounds: scripted({ parameters: (given) => void (given.maxAckDelayMs = 2 ** 14) }),
  },
  'unknown-version': { onlyVersion1 },
  'negotiation-without-version': { onlyVersion1 },
  'unknown-version-ids': { withoutId },
  'unknown-version-small': { chatty },
  'negotiation-to-server': { chatty },
  'quic-bit-greased': { mute },
  'initial-in-1199-bytes': { chatty },
  'first-destination-id-of-7-bytes': { chatty },
  'source-id-of-21-bytes': { chatty },
  'stray-handshake-packet': { chatty },
  'hello-out-of-order': { mute },
  'own-token': { mute },
  'unknown-token': { mute },
  'token-of-1-byte': { mute },
  'token-of-500-bytes': { mute },
  'own-token-changed': { mute },
  'own-token-cut-short': { mute },
  'early-data-limits': { stingy },
  amplification: { repeating: repeating(6) },
  'coalesced-behind-damage': { mute },
  'server-initial-size': { lenient },
  'client-initial-size': {
    small: oneMore((talk) => talk.send(Level.Initial, frame(FrameType.Ping), { bytes: 300 })),
  },
  'client-first-destination-id': { short: scripted({ firstDestination: new Uint8Array(7).fill(7) }) },
  'client-follows-source-id': {
    other: oneMore((talk) =>
      talk.send(Level.Handshake, frame(FrameType.Ping, [], new Uint8Array(4)), { destination: OTHER_ID }),
    ),
  },
  'client-without-stream-credit': {
    generous: oneMore((talk) => talk.send(Level.Application, streamFrame(0, 0, OTHER_ID))),
  },
  'client-without-data-credit': {
    generous: oneMore((talk) => talk.send(Level.Application, streamFrame(0, 0, OTHER_ID))),
  },
  'retry-followed': { stubborn: scripted({ followsRetry: false }) },
  // It follows the Retry, with its ClientHello spoilt.
  'retry-keeps-hello': { forgetful },
  'retry-with-wrong-tag': { gullible: scripted({}), touchy },
  'retry-without-token': { gullible: scripted({}), touchy },
  'retry-with-same-id': { touchy, mute },
  'key-update': { lenient, withoutAcks },
  'retire-prior-to': { lenient },
  'retire-id-in-use': { wrongCode, mute },
  'new-id-below-retire-prior-to': { lenient },
  'path-challenge': { lenient },
  'path-response-size': {
    small: scripted({
      onTaken(talk) {
        const { endpoint } = talk;
        const [asked] = endpoint.framesOf(FrameType.PathChallenge);
        if (asked !== undefined && endpoint.framesOf(FrameType.PathResponse).length === 0)
          talk.send(Level.Application, frame(FrameType.PathResponse, [], asked.data));
      },
    }),
  },
  'address-change': { lenient },
  'answers-when-closed': { parrot },
  'silence-when-draining': { lenient },
  'idle-timeout': { lenient },
  'stateless-reset': {
    deafToResets: scripted({
      onTaken(talk) {
        const given = talk.endpoint.framesOf(FrameType.NewConnectionId).at(-1);
        if (given !== undefined) talk.endpoint.destination = given.data.slice(0, -16);
      },
    }),
  },
};
