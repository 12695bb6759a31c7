import { equalBytes } from '@tsquic/bytes';
import { type CryptoProvider, TAG_LENGTH } from '@tsquic/crypto';
import type { TlsEngine } from '@tsquic/tls13';
import { Drop } from '../packet/drop.ts';
import type { PacketHeader } from '../packet/header.ts';
import { retryTag } from '../packet/retry.ts';
import { decodeVersionNegotiation } from '../packet/version-negotiation.ts';
import type { ConnectionVersion } from '../version/connection-version.ts';

/**
 * Longest token of NEW_TOKEN that is kept: a longer one would leave the ClientHello less than half of an
 * Initial packet.
 */
export const MAX_KEPT_TOKEN_LENGTH = 512;
/**
 * Longest token of a Retry that is accepted: with the longest connection IDs, an Initial packet still has
 * some 100 bytes for CRYPTO.
 */
const MAX_RETRY_TOKEN_LENGTH = 1024;

/**
 * What a client remembers of its first flight: a Retry or Version Negotiation packet that does not answer it
 * is ignored.
 */
export class ClientStart {
  /** Destination of the first Initial. */
  originalDestination: Uint8Array;
  /** Source of the Retry that was followed. */
  retrySource: Uint8Array | undefined;
  /** Makes TLS for a first flight; undefined once the server has answered one. */
  begin: (() => TlsEngine) | undefined;
  private readonly crypto: CryptoProvider;
  private readonly version: ConnectionVersion;
  private readonly source: Uint8Array;

  constructor(
    crypto: CryptoProvider,
    version: ConnectionVersion,
    originalDestination: Uint8Array,
    source: Uint8Array,
  ) {
    this.crypto = crypto;
    this.version = version;
    this.originalDestination = originalDestination;
    this.source = source;
  }

  /**
   * Check a Retry packet; on `Drop.None` it is to be followed, and `retrySource` is set. RFC 9000 §17.2.5.2
   *
   * @param answered - a packet of the server was opened already.
   */
  onRetry(bytes: Uint8Array, header: PacketHeader, answered: boolean): Drop {
    if (answered || this.retrySource !== undefined) return Drop.Unsolicited;
    if (!this.version.accepts(header)) return Drop.UnknownVersion;
    const source = bytes.slice(header.scidAt, header.scidAt + header.scidLength);
    // A Retry must come from another connection ID than the one that the client chose. RFC 9000 §17.2.5.1
    if (equalBytes(source, this.originalDestination)) return Drop.Unsolicited;
    if (header.tokenLength > MAX_RETRY_TOKEN_LENGTH) return Drop.BadToken;
    const bodyEnd = header.packetEnd - TAG_LENGTH;
    const expected = retryTag(
      this.crypto,
      this.version.original,
      this.originalDestination,
      bytes.subarray(header.headerAt, bodyEnd),
    );
    if (!equalBytes(expected, bytes.subarray(bodyEnd, header.packetEnd))) return Drop.Unauthentic;
    this.retrySource = source;
    return Drop.None;
  }

  /**
   * Returns the versions that a server speaks instead of ours, or undefined when the packet is to be ignored.
   * A client that has already changed its version because of such a packet ignores every other one.
   * RFC 9000 §6.2, RFC 9368 §4
   */
  onVersionNegotiation(
    bytes: Uint8Array,
    header: PacketHeader,
    answered: boolean,
  ): readonly number[] | undefined {
    // A client that has received any other packet, a Retry too, ignores Version Negotiation. RFC 9000 §6.2
    if (answered || this.retrySource !== undefined || this.version.followsNegotiation) return undefined;
    const { dcidAt, dcidLength, scidAt, scidLength } = header;
    if (!equalBytes(bytes.subarray(dcidAt, dcidAt + dcidLength), this.source)) return undefined;
    if (!equalBytes(bytes.subarray(scidAt, scidAt + scidLength), this.originalDestination)) return undefined;
    const versions = decodeVersionNegotiation(bytes, header);
    return versions === undefined || versions.includes(this.version.original.id) ? undefined : versions;
  }

  /**
   * Whether the client begins again with another version, after Version Negotiation. A program that began
   * with a version that this client does not speak wants only the server's versions. RFC 9368 §2.1
   */
  restart(offered: readonly number[]): boolean {
    const { version, crypto } = this;
    if (!version.spoken.includes(version.original)) return false;
    const next = version.select(offered);
    if (next === undefined) return false;
    version.restart(next);
    this.originalDestination = new Uint8Array(this.originalDestination.length);
    crypto.random(this.originalDestination);
    return true;
  }
}
