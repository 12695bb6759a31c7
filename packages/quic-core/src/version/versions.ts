import { fromHex } from '@tsquic/bytes';
import { PacketType } from './packet-type.ts';

/** Everything in which versions of QUIC with the packet layout of RFC 9000 differ. */
export interface Version {
  /** The version number. */
  readonly id: number;
  readonly name: string;
  /**
   * Versions to which a server can convert a first flight of this one: only those that a specification names.
   * RFC 9368 §2.2
   */
  readonly compatibleWith: readonly number[];
  /** Types of long headers by the two type bits. RFC 9000 §17.2 */
  readonly longTypes: readonly [PacketType, PacketType, PacketType, PacketType];
  /** RFC 9001 §5.2. */
  readonly initialSalt: Uint8Array;
  /** RFC 9001 §5.8. */
  readonly retryKey: Uint8Array;
  readonly retryNonce: Uint8Array;
  /** HKDF labels, RFC 9001 §5.1, §6.1. */
  readonly keyLabel: string;
  readonly ivLabel: string;
  readonly headerLabel: string;
  readonly updateLabel: string;
}

export const VERSION_1: Version = {
  id: 0x0000_0001,
  name: '1',
  compatibleWith: [0x6b33_43cf],
  longTypes: [PacketType.Initial, PacketType.ZeroRtt, PacketType.Handshake, PacketType.Retry],
  initialSalt: fromHex('38762cf7f55934b34d179ae6a4c80cadccbb7f0a'),
  retryKey: fromHex('be0c690b9f66575a1d766b54e368c84e'),
  retryNonce: fromHex('461599d35d632bf2239825bb'),
  keyLabel: 'quic key',
  ivLabel: 'quic iv',
  headerLabel: 'quic hp',
  updateLabel: 'quic ku',
};

/** QUIC version 2, RFC 9369 §3: each type of a long header has other bits than in version 1. */
export const VERSION_2: Version = {
  id: 0x6b33_43cf,
  name: '2',
  compatibleWith: [VERSION_1.id],
  longTypes: [PacketType.Retry, PacketType.Initial, PacketType.ZeroRtt, PacketType.Handshake],
  initialSalt: fromHex('0dede3def700a6db819381be6e269dcbf9bd2ed9'),
  retryKey: fromHex('8fb4b01b56ac48e260fbcbcead7ccc92'),
  retryNonce: fromHex('d86969bc2d7c6d9990efb04a'),
  keyLabel: 'quicv2 key',
  ivLabel: 'quicv2 iv',
  headerLabel: 'quicv2 hp',
  updateLabel: 'quicv2 ku',
};

/** Supported versions, in the order in which a context prefers them by default. */
export const VERSIONS: readonly Version[] = [VERSION_1, VERSION_2];

/** The version with this number, or undefined when it is not among `versions`. */
export function versionById(versions: readonly Version[], id: number): Version | undefined {
  for (const version of versions) if (version.id === id) return version;
  return undefined;
}

/** Whether a first flight of `from` is one of `to` as well, or can be converted to one. RFC 9368 §2.2 */
export function isCompatible(from: Version, to: Version): boolean {
  return from.id === to.id || from.compatibleWith.includes(to.id);
}
