import { fromHex } from '@tsquic/bytes';

/** What differs between versions of QUIC that share our packet layout. */
export interface Version {
  /** On the wire. */
  readonly id: number;
  readonly name: string;
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
  initialSalt: fromHex('38762cf7f55934b34d179ae6a4c80cadccbb7f0a'),
  retryKey: fromHex('be0c690b9f66575a1d766b54e368c84e'),
  retryNonce: fromHex('461599d35d632bf2239825bb'),
  keyLabel: 'quic key',
  ivLabel: 'quic iv',
  headerLabel: 'quic hp',
  updateLabel: 'quic ku',
};

/** Versions we speak, best first. */
export const VERSIONS: readonly Version[] = [VERSION_1];

/** The version with this number, or undefined when we do not speak it. */
export function versionById(id: number): Version | undefined {
  return VERSIONS.find((version) => version.id === id);
}
