import { isReservedVersion } from '../version/reserved.ts';
import { Drop } from '../packet/drop.ts';
import type { PacketHeader } from '../packet/header.ts';
import { Space } from '../packet/levels.ts';
import { traceVersions } from '../trace/versions.ts';
import type { ConnectionParts } from './parts.ts';

const NO_TOKEN = new Uint8Array(0);

/** The parts that change when the server answers a client's first flight. */
type FirstFlight = Pick<
  ConnectionParts,
  | 'id'
  | 'tracer'
  | 'start'
  | 'handshake'
  | 'life'
  | 'peerIds'
  | 'keys'
  | 'fields'
  | 'spaces'
  | 'recovery'
  | 'earlyOffer'
>;

/**
 * The server's first packet was opened: the client sends to its Source Connection ID from now on.
 * RFC 9000 §7.2
 */
export function onAnswered({ start, peerIds, handshake }: FirstFlight, peerSource: Uint8Array): void {
  const { originalDestination, retrySource } = start!;
  peerIds.replaceInitial(peerSource);
  start!.begin = undefined;
  handshake.seenIds = { peerSource, originalDestination, retrySource };
}

/**
 * A Retry packet came: the client begins again with its token, at its Source Connection ID.
 * RFC 9000 §17.2.5.2
 */
export function onRetry(
  parts: FirstFlight,
  bytes: Uint8Array,
  header: PacketHeader,
  answered: boolean,
  nowUs: number,
): Drop {
  const { start } = parts;
  const drop = start!.onRetry(bytes, header, answered);
  if (drop !== Drop.None) return drop;
  const token = bytes.slice(header.tokenAt, header.tokenAt + header.tokenLength);
  beginAgain(parts, start!.retrySource!, token, nowUs);
  return Drop.None;
}

/**
 * The server does not speak our version: the client begins again in one that both speak, or gives up.
 * RFC 9368 §2.1
 */
export function onVersionNegotiation(
  parts: FirstFlight,
  bytes: Uint8Array,
  header: PacketHeader,
  answered: boolean,
  nowUs: number,
): Drop {
  const { start, handshake, life, fields } = parts;
  const offered = start!.onVersionNegotiation(bytes, header, answered);
  if (offered === undefined) return Drop.Unsolicited;
  if (start!.restart(offered)) {
    traceVersions(parts, fields.version, offered, nowUs);
    // A token may be used only in the version in which the server issued it. RFC 9369 §5
    beginAgain(parts, start!.originalDestination, NO_TOKEN, nowUs);
    // RFC 9001 §4.6.2, RFC 9369 §5
    parts.earlyOffer?.onVerdict(false, nowUs);
    handshake.restart(start!.begin!());
  } else {
    traceVersions(parts, fields.version, offered, nowUs, 0);
    // What a server adds to keep clients from relying on its list is no version. RFC 9000 §15
    const real = offered.filter((version) => !isReservedVersion(version));
    life.vanish({ kind: 'version-negotiation', offered: real });
  }
  return Drop.None;
}

/**
 * Send the first flight again: its Initial packets go to another Destination Connection ID, from which new
 * keys derive, so nothing that was sent before can be read.
 */
function beginAgain(parts: FirstFlight, destination: Uint8Array, token: Uint8Array, nowUs: number): void {
  parts.peerIds.replaceInitial(destination);
  parts.keys.installInitial(destination);
  parts.fields.token = token;
  const initial = parts.spaces.ofConnection(Space.Initial);
  if (initial !== undefined) parts.recovery.loseAll(initial, nowUs);
  // A server that answers with Retry or Version Negotiation keeps no state, and so no 0-RTT packet.
  // RFC 9000 §17.2.3, §17.2.5.3
  if (parts.earlyOffer !== undefined) parts.recovery.loseAll(parts.spaces.application, nowUs);
}
