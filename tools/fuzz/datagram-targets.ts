import { concatBytes } from '@tsquic/bytes';
import { seededCrypto } from '@tsquic/testing/seeded';
import { createOutgoingDatagram } from '../../packages/quic-core/src/connection/outgoing-datagram.ts';
import type { QuicContext } from '../../packages/quic-core/src/context/context.ts';
import { encodeRetry } from '../../packages/quic-core/src/packet/retry.ts';
import { encodeVersionNegotiation } from '../../packages/quic-core/src/packet/version-negotiation.ts';
import { VERSION_1, VERSION_2 } from '../../packages/quic-core/src/version/versions.ts';
import { ATTACKER, VICTIM } from '../../packages/quic-core/test/support/attacker.ts';
import {
  attackClient,
  attackServer,
  createClient,
  createServer,
  eventsOf,
} from '../../packages/quic-core/test/support/contexts.ts';
import { type FuzzTarget, joinPieces, NOW_US, piecesOf } from './target.ts';

const STEP_US = 1000;
const LAST_US = 200_000;

/** All datagrams that a context sends until `untilUs`, which must not be before `nowUs`. */
function sentBy(context: QuicContext, nowUs: number, untilUs = nowUs): Uint8Array[] {
  const out = createOutgoingDatagram(new Uint8Array(1500));
  const sent: Uint8Array[] = [];
  for (let atUs = nowUs; ;) {
    while (context.prepareNextPacket(out, atUs) > 0) sent.push(out.buffer.slice(0, out.length));
    atUs += Math.max(1, Math.ceil(context.nextWakeDelay(atUs, untilUs - atUs + 1)));
    if (atUs > untilUs) return sent;
  }
}

/** Datagrams as from the network to a server, each preceded by its length. */
const serverDatagrams: FuzzTarget = {
  name: 'datagrams',
  weight: 1,
  run(input) {
    const server = createServer();
    for (const bytes of piecesOf(input)) server.incomingPacket(bytes, ATTACKER, VICTIM, 0, 0, NOW_US);
    sentBy(server, NOW_US, NOW_US + LAST_US);
    eventsOf(server);
  },
  seeds() {
    const sent: Uint8Array[] = [];
    for (const version of [VERSION_1, VERSION_2])
      attackServer(createServer(), { version, onDeliver: (bytes) => void sent.push(bytes.slice()) });
    const short = concatBytes(Uint8Array.of(0x40), new Uint8Array(40).fill(3));
    const unknown = Uint8Array.from({ length: 1200 }, (_, i) => [0xc0, 9, 9, 9, 9, 8][i] ?? 4);
    return [...sent, short, unknown].map((bytes) => joinPieces([bytes]));
  },
};

/** Datagrams to a client that has just begun. Both ends draw the same random numbers each time, so that recorded ones open. */
const clientDatagrams: FuzzTarget = {
  name: 'datagrams-client',
  weight: 1,
  run(input) {
    const client = createClient();
    client.createConnection({ to: ATTACKER, serverName: 'server.test' }, NOW_US);
    sentBy(client, NOW_US);
    let nowUs = NOW_US;
    for (const bytes of piecesOf(input)) {
      client.incomingPacket(bytes, ATTACKER, VICTIM, 0, 0, nowUs);
      sentBy(client, nowUs, (nowUs += STEP_US));
    }
    sentBy(client, nowUs, nowUs + LAST_US);
    eventsOf(client);
  },
  seeds() {
    const heard: Uint8Array[] = [];
    attackClient(createClient(), { onDeliver: (bytes) => void heard.push(bytes.slice()) });
    const short = concatBytes(Uint8Array.of(0x40), new Uint8Array(40).fill(3));
    return [heard.slice(0, 1), heard, [short], [...heard, short]].map(joinPieces);
  },
};

/** The connection IDs of a client's first flight. */
interface FirstFlight {
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
}

/** The connection IDs of the last long header in these datagrams, or `before` without one. RFC 8999 §5.1 */
function idsOf(datagrams: readonly Uint8Array[], before: FirstFlight): FirstFlight {
  const last = datagrams.findLast((bytes) => (bytes[0]! & 0x80) !== 0);
  if (last === undefined) return before;
  const destination = last.slice(6, 6 + last[5]!);
  const sourceAt = 7 + destination.length;
  return { destination, source: last.slice(sourceAt, sourceAt + last[sourceAt - 1]!) };
}

/** Retry and Version Negotiation packets with the connection IDs of the client's first flight; some are XORed with the input. */
const firstAnswers: FuzzTarget = {
  name: 'first-answers',
  weight: 1,
  run(input) {
    const kind = input[0] ?? 0;
    const [version, other] = (kind & 1) === 0 ? [VERSION_1, VERSION_2] : [VERSION_2, VERSION_1];
    const client = createClient({ versions: (kind & 2) === 0 ? [version.id] : [version.id, other.id] });
    client.createConnection({ to: ATTACKER, serverName: 'server.test' }, NOW_US);
    let nowUs = NOW_US;
    const blank = { destination: new Uint8Array(8), source: new Uint8Array(8) };
    let ids = idsOf(sentBy(client, nowUs), blank);
    for (const piece of piecesOf(input.subarray(1))) {
      const how = piece[0] ?? 0;
      const bytes = answerTo(ids, (how & 1) === 0 ? version.id : undefined, piece.slice(1));
      if ((how & 2) !== 0) for (let i = 0; i < piece.length; i++) bytes[i] = bytes[i]! ^ piece[i]!;
      client.incomingPacket(bytes, ATTACKER, VICTIM, 0, 0, nowUs);
      const durationUs = (how & 4) === 0 ? STEP_US : LAST_US;
      ids = idsOf(sentBy(client, nowUs, (nowUs += durationUs)), ids);
    }
    sentBy(client, nowUs, nowUs + 10 * LAST_US);
    eventsOf(client);
  },
  seeds() {
    const versions = [VERSION_1, VERSION_2].map(({ id }) => [
      id >>> 24,
      (id >> 16) & 0xff,
      (id >> 8) & 0xff,
      id & 0xff,
    ]);
    const retry = Uint8Array.of(0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9);
    const one = Uint8Array.of(1, ...versions[0]!);
    const two = Uint8Array.of(1, ...versions[1]!);
    const reserved = Uint8Array.of(1, 0x1a, 0x2a, 0x3a, 0x4a, ...versions[1]!, ...versions[0]!);
    const lists = [[retry], [retry, retry], [one], [two], [reserved], [two, retry], [retry, two]];
    return [0, 1, 2, 3].flatMap((kind) =>
      lists.map((list) => concatBytes(Uint8Array.of(kind), joinPieces(list))),
    );
  },
};

/** A Retry of this version with a valid tag, or a Version Negotiation packet; the bytes are its content. */
function answerTo(
  { destination, source }: FirstFlight,
  versionId: number | undefined,
  bytes: Uint8Array,
): Uint8Array {
  if (versionId === undefined) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const versions = Array.from({ length: bytes.length >> 2 }, (_, i) => view.getUint32(4 * i));
    return encodeVersionNegotiation(source, destination, versions, bytes[0] ?? 0);
  }
  const version = versionId === VERSION_1.id ? VERSION_1 : VERSION_2;
  const length = (bytes[0] ?? 0) % 21;
  const [from, token] = [bytes.slice(1, 1 + length), bytes.slice(1 + length)];
  return encodeRetry(seededCrypto(8), version, source, from, destination, token);
}

/** Datagrams to a server, to a client, and the answers that need no keys. */
export const DATAGRAM_TARGETS: readonly FuzzTarget[] = [serverDatagrams, clientDatagrams, firstAnswers];
