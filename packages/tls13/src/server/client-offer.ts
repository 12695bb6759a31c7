import { Alert, TlsAlert } from '../alerts.ts';
import { decodeAlpn } from '../extension/alpn.ts';
import { CodePointSet } from '../extension/code-point-set.ts';
import { decodeEarlyData } from '../extension/early-data.ts';
import { type Extension, ExtensionType, findExtension } from '../extension/extension.ts';
import { decodeClientShares, type KeyShareEntry } from '../extension/key-share.ts';
import { checkPlacement } from '../extension/placement.ts';
import { decodeOfferedPsks, decodePskModes, type OfferedPsks, PSK_DHE_KE } from '../extension/psk.ts';
import { requireQuicParameters } from '../extension/quic-parameters.ts';
import { decodeServerName } from '../extension/server-name.ts';
import { decodeSignatureAlgorithms } from '../extension/signature-algorithms.ts';
import { decodeSupportedGroups } from '../extension/supported-groups.ts';
import { checkUnused } from '../extension/unused.ts';
import { decodeSupportedVersions, TLS13 } from '../extension/versions.ts';
import type { ClientHello } from '../message/client-hello.ts';

/** A client's offer, checked for what every ClientHello of TLS 1.3 in QUIC must have. */
export interface ClientOffer {
  readonly random: Uint8Array;
  readonly cipherSuites: readonly number[];
  readonly groups: readonly number[];
  readonly shares: readonly KeyShareEntry[];
  readonly signatureSchemes: readonly number[];
  /** The server name in lower case; '' when the client sent none. */
  readonly serverName: string;
  readonly alpn: readonly string[];
  readonly transportParameters: Uint8Array;
  /** Whether the client can resume sessions with a new key exchange. */
  readonly resumes: boolean;
  readonly psks: OfferedPsks | undefined;
  readonly earlyData: boolean;
}

/** Read the offer; what is wrong with it ends in the alert that RFC 8446 specifies. */
export function readOffer(hello: ClientHello): ClientOffer {
  const { extensions } = hello;
  checkLegacy(hello);
  checkPlacement('ClientHello', extensions, undefined);
  checkUnused(extensions);
  const groups = decodeSupportedGroups(
    required(extensions, ExtensionType.SupportedGroups, 'supported_groups'),
  );
  const modes = findExtension(extensions, ExtensionType.PskKeyExchangeModes);
  const resumes = modes !== undefined && decodePskModes(modes).includes(PSK_DHE_KE);
  const offer: ClientOffer = {
    random: hello.random,
    cipherSuites: hello.cipherSuites,
    groups,
    shares: readShares(extensions, groups),
    signatureSchemes: decodeSignatureAlgorithms(
      required(extensions, ExtensionType.SignatureAlgorithms, 'signature_algorithms'),
    ),
    serverName: readServerName(extensions),
    alpn: readAlpn(extensions),
    transportParameters: requireQuicParameters(extensions),
    resumes,
    psks: readPsks(extensions, modes !== undefined),
    earlyData: readEarlyData(extensions),
  };
  return offer;
}

function checkLegacy(hello: ClientHello): void {
  const versions = findExtension(hello.extensions, ExtensionType.SupportedVersions);
  if (versions === undefined || !decodeSupportedVersions(versions).includes(TLS13)) {
    throw new TlsAlert(Alert.ProtocolVersion, 'the client does not speak TLS 1.3');
  }
  if (hello.compressionMethods.length !== 1 || hello.compressionMethods[0] !== 0) {
    throw new TlsAlert(Alert.IllegalParameter, 'the client offers compression');
  }
  if (hello.legacySessionId.length > 0) {
    // QUIC does not use middlebox compatibility mode. RFC 9001 §8.4
    throw new TlsAlert(Alert.IllegalParameter, 'the client asks for middlebox compatibility mode', true);
  }
}

function required(extensions: readonly Extension[], type: number, name: string): Uint8Array {
  const data = findExtension(extensions, type);
  if (data === undefined) throw new TlsAlert(Alert.MissingExtension, `${name} is missing`);
  return data;
}

/** The key shares: one for each group, of groups that the client supports. RFC 8446 §4.2.8 */
function readShares(extensions: readonly Extension[], groups: readonly number[]): readonly KeyShareEntry[] {
  const shares = decodeClientShares(required(extensions, ExtensionType.KeyShare, 'key_share'));
  const supported = new CodePointSet();
  for (const group of groups) supported.add(group);
  const seen = new CodePointSet();
  for (const { group } of shares) {
    if (!supported.has(group) || !seen.add(group)) {
      throw new TlsAlert(
        Alert.IllegalParameter,
        `key_share of group ${group} stands twice or is not supported`,
      );
    }
  }
  return shares;
}

function readServerName(extensions: readonly Extension[]): string {
  const data = findExtension(extensions, ExtensionType.ServerName);
  return data === undefined ? '' : decodeServerName(data);
}

/** The client's protocols; without any there is no connection. RFC 9001 §8.1 */
function readAlpn(extensions: readonly Extension[]): readonly string[] {
  const data = findExtension(extensions, ExtensionType.Alpn);
  if (data === undefined) {
    throw new TlsAlert(Alert.NoApplicationProtocol, 'the client offers no application protocol');
  }
  return decodeAlpn(data);
}

function readPsks(extensions: readonly Extension[], hasModes: boolean): OfferedPsks | undefined {
  const data = findExtension(extensions, ExtensionType.PreSharedKey);
  if (data === undefined) return undefined;
  if (extensions.at(-1)?.type !== ExtensionType.PreSharedKey) {
    throw new TlsAlert(Alert.IllegalParameter, 'pre_shared_key is not the last extension');
  }
  if (!hasModes) throw new TlsAlert(Alert.MissingExtension, 'psk_key_exchange_modes is missing');
  const psks = decodeOfferedPsks(data);
  if (psks.identities.length !== psks.binders.length) {
    throw new TlsAlert(Alert.IllegalParameter, 'pre_shared_key has not one binder for each identity');
  }
  return psks;
}

function readEarlyData(extensions: readonly Extension[]): boolean {
  const data = findExtension(extensions, ExtensionType.EarlyData);
  if (data === undefined) return false;
  decodeEarlyData(data);
  if (findExtension(extensions, ExtensionType.PreSharedKey) === undefined) {
    throw new TlsAlert(Alert.IllegalParameter, 'early_data comes without pre_shared_key');
  }
  return true;
}
