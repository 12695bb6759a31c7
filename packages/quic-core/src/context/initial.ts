import type { RememberedPath } from '@tsquic/congestion';
import { TransportCode } from '../errors/transport-error.ts';
import { Drop } from '../packet/drop.ts';
import { type PacketHeader, PacketType } from '../packet/header.ts';
import { hasSample, unmaskHeader } from '../packet/protection.ts';
import { encodeRetry } from '../packet/retry.ts';
import { encodeVersionNegotiation } from '../packet/version-negotiation.ts';
import { BASE_MTU } from '../path/mtu.ts';
import { initialKeys } from '../keys/initial.ts';
import type { Datagram } from '../connection/datagram.ts';
import { type Version, versionById, VERSIONS } from '../version/versions.ts';
import { encodeRefusal } from './refusal.ts';
import type { Settings } from './settings.ts';
import type { StatelessQueue } from './stateless.ts';
import type { Tokens } from './token.ts';

/** The shortest Destination Connection ID that a client may begin with. RFC 9000 §7.2 */
const MIN_FIRST_ID = 8;
/** A reserved version: clients that do not ignore what they do not know are found out early. RFC 9000 §15 */
const GREASE_VERSION = 0x0a0a_0a0a;

/** A client that may come in. */
export interface Admission {
  readonly version: Version;
  /** Destination of the client's first Initial. */
  readonly originalDestination: Uint8Array;
  /** Destination of this one: what its keys derive from. */
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
  /** A Retry came before, from this ID. */
  readonly retrySource: Uint8Array | undefined;
  /** The client's address is known to be true. */
  readonly validated: boolean;
  /** What an earlier connection learned about the path to it. */
  readonly remembered: RememberedPath | undefined;
}

/** What a long header packet for nobody gets: a new connection, a Retry, Version Negotiation, or silence. RFC 9000 §5.2.2 */
export class InitialScreen {
  private readonly settings: Settings;
  private readonly stateless: StatelessQueue;
  private readonly tokens: Tokens;

  constructor(settings: Settings, stateless: StatelessQueue, tokens: Tokens) {
    this.settings = settings;
    this.stateless = stateless;
    this.tokens = tokens;
  }

  /** A version that we do not speak: say which we do. RFC 9000 §6.1 */
  onUnknownVersion(datagram: Datagram, header: PacketHeader): Drop {
    if (this.settings.identity === undefined) return Drop.UnknownConnection;
    if (datagram.length < BASE_MTU) return Drop.SmallInitial;
    const { bytes, from, to, interfaceIndex } = datagram;
    const random = new Uint8Array(1);
    this.settings.crypto.random(random);
    const packet = encodeVersionNegotiation(
      bytes.slice(header.scidAt, header.scidAt + header.scidLength),
      bytes.slice(header.dcidAt, header.dcidAt + header.dcidLength),
      [...VERSIONS.map((version) => version.id), GREASE_VERSION],
      random[0]!,
    );
    this.stateless.push(packet, from, to, interfaceIndex);
    return Drop.UnknownVersion;
  }

  /**
   * Judge a packet of a version we speak that leads to no connection.
   *
   * @param isFull - nobody may come in.
   * @param mustProve - a client must show that its address is true.
   * @returns what the new connection begins with, or why there is none.
   */
  screen(
    datagram: Datagram,
    header: PacketHeader,
    isFull: boolean,
    mustProve: boolean,
    nowUs: number,
  ): Admission | Drop {
    const { settings } = this;
    if (settings.identity === undefined || header.type !== PacketType.Initial) return Drop.UnknownConnection;
    if (datagram.length < BASE_MTU) return Drop.SmallInitial;
    if (header.dcidLength < MIN_FIRST_ID) return Drop.UnknownConnection;
    const { bytes } = datagram;
    const version = versionById(header.version)!;
    const destination = bytes.slice(header.dcidAt, header.dcidAt + header.dcidLength);
    const source = bytes.slice(header.scidAt, header.scidAt + header.scidLength);
    if (isFull) {
      // Whether the packet opens is not looked at: the answer is small, and costs one derivation of keys.
      this.refuse(datagram, version, destination, source, TransportCode.ConnectionRefused);
      return Drop.Refused;
    }
    if (!this.isAuthentic(bytes, header, version, destination)) return Drop.Unauthentic;

    const token = bytes.subarray(header.tokenAt, header.tokenAt + header.tokenLength);
    const proof = token.length === 0 ? undefined : this.tokens.open(token, datagram.from, destination, nowUs);
    if (proof === 'invalid') {
      this.refuse(datagram, version, destination, source, TransportCode.InvalidToken);
      return Drop.BadToken;
    }
    if (proof === undefined && mustProve) return this.retry(datagram, version, destination, source, nowUs);
    const original = proof?.originalDestination;
    return {
      version,
      originalDestination: original ?? destination,
      destination,
      source,
      retrySource: original === undefined ? undefined : destination,
      validated: proof !== undefined,
      remembered: proof?.remembered,
    };
  }

  /** Whether the packet opens, before anything is set up for it. */
  private isAuthentic(
    bytes: Uint8Array,
    header: PacketHeader,
    version: Version,
    destination: Uint8Array,
  ): boolean {
    if (!hasSample(header)) return false;
    const keys = initialKeys(this.settings.crypto, version, destination, true);
    const copy = bytes.slice(0, header.packetEnd);
    const probe = { ...header };
    unmaskHeader(copy, probe, keys.protection, -1);
    return keys.aead.open(probe.packetNumber, copy, probe.headerAt, probe.payloadAt, probe.packetEnd);
  }

  /** End what has not begun: the client need not wait for its timeout. RFC 9000 §5.2.2, §8.1.2 */
  private refuse(
    datagram: Datagram,
    version: Version,
    destination: Uint8Array,
    source: Uint8Array,
    code: number,
  ): void {
    const packet = encodeRefusal(this.settings.crypto, version, source, destination, code);
    this.stateless.push(packet, datagram.from, datagram.to, datagram.interfaceIndex);
  }

  private retry(
    datagram: Datagram,
    version: Version,
    destination: Uint8Array,
    source: Uint8Array,
    nowUs: number,
  ): Drop {
    const { crypto, connectionIdLength } = this.settings;
    const retrySource = new Uint8Array(Math.max(connectionIdLength, MIN_FIRST_ID));
    crypto.random(retrySource);
    const token = this.tokens.createRetry(datagram.from, destination, retrySource, nowUs);
    const packet = encodeRetry(crypto, version, source, retrySource, destination, token);
    this.stateless.push(packet, datagram.from, datagram.to, datagram.interfaceIndex);
    return Drop.Refused;
  }
}
