import { equalBytes } from '@tsquic/bytes';
import { type CryptoProvider, TAG_LENGTH } from '@tsquic/crypto';
import { Drop } from '../packet/drop.ts';
import type { PacketHeader } from '../packet/header.ts';
import { retryTag } from '../packet/retry.ts';
import { decodeVersionNegotiation } from '../packet/version-negotiation.ts';
import type { Version } from '../version/versions.ts';

/** Longest token of NEW_TOKEN that is of use: half of an Initial is left for the ClientHello. */
export const MAX_KEPT_TOKEN_LENGTH = 512;
/** Longest token of a Retry that is followed: with the longest IDs, an Initial still has some 100 bytes for CRYPTO. */
const MAX_RETRY_TOKEN_LENGTH = 1024;

/** What a client remembers of its first flight: Retry and Version Negotiation must answer that, or are ignored. */
export class ClientStart {
  /** Destination of the first Initial. */
  readonly originalDestination: Uint8Array;
  /** Source of the Retry that was followed. */
  retrySource: Uint8Array | undefined;
  private readonly crypto: CryptoProvider;
  private readonly version: Version;
  private readonly source: Uint8Array;

  constructor(crypto: CryptoProvider, version: Version, originalDestination: Uint8Array, source: Uint8Array) {
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
    if (header.version !== this.version.id) return Drop.UnknownVersion;
    const source = bytes.slice(header.scidAt, header.scidAt + header.scidLength);
    if (equalBytes(source, this.originalDestination)) return Drop.Unsolicited;
    if (header.tokenLength > MAX_RETRY_TOKEN_LENGTH) return Drop.BadToken;
    const bodyEnd = header.packetEnd - TAG_LENGTH;
    const expected = retryTag(
      this.crypto,
      this.version,
      this.originalDestination,
      bytes.subarray(header.headerAt, bodyEnd),
    );
    if (!equalBytes(expected, bytes.subarray(bodyEnd, header.packetEnd))) return Drop.Unauthentic;
    this.retrySource = source;
    return Drop.None;
  }

  /**
   * The versions that a server speaks instead of ours, or undefined when the packet is to be ignored.
   * RFC 9000 §6.2
   */
  onVersionNegotiation(
    bytes: Uint8Array,
    header: PacketHeader,
    answered: boolean,
  ): readonly number[] | undefined {
    // A Retry was an answer, too. RFC 9000 §6.2
    if (answered || this.retrySource !== undefined) return undefined;
    const { dcidAt, dcidLength, scidAt, scidLength } = header;
    if (!equalBytes(bytes.subarray(dcidAt, dcidAt + dcidLength), this.source)) return undefined;
    if (!equalBytes(bytes.subarray(scidAt, scidAt + scidLength), this.originalDestination)) return undefined;
    const versions = decodeVersionNegotiation(bytes, header);
    return versions === undefined || versions.includes(this.version.id) ? undefined : versions;
  }
}
