import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';

/** Keys of one direction's Initial packets. RFC 9001 §5.1, §5.2. */
export interface InitialKeys {
  readonly key: Buffer;
  readonly iv: Buffer;
  readonly headerProtection: Buffer;
}

/** Which packet-protection constants a QUIC version uses. */
export interface VersionConstants {
  readonly version: number;
  readonly salt: Buffer;
  readonly labels: { readonly key: string; readonly iv: string; readonly headerProtection: string };
  /** The two type bits of an Initial packet's first byte. */
  readonly initialType: number;
  /** The two type bits of a Retry packet's first byte. */
  readonly retryType: number;
}

/** Versions 1 (RFC 9001 §5.2) and 2 (RFC 9369 §3); undefined for any other. */
export function versionConstants(version: number): VersionConstants | undefined {
  return VERSIONS.find((known) => known.version === version);
}

/** Initial keys for one direction, from the Destination Connection ID of the client's first Initial. */
export function deriveInitialKeys(
  constants: VersionConstants,
  destinationId: Uint8Array,
  sender: 'client' | 'server',
): InitialKeys {
  const extracted = hmac(constants.salt, destinationId);
  const secret = expandLabel(extracted, sender === 'client' ? 'client in' : 'server in', 32);
  return {
    key: expandLabel(secret, constants.labels.key, 16),
    iv: expandLabel(secret, constants.labels.iv, 12),
    headerProtection: expandLabel(secret, constants.labels.headerProtection, 16),
  };
}

/**
 * The plaintext of one Initial packet, or undefined when it does not authenticate.
 * `packet` spans exactly that packet; `numberAt` is where its packet number starts. RFC 9001 §5.3, §5.4.
 */
export function openInitial(keys: InitialKeys, packet: Uint8Array, numberAt: number): Buffer | undefined {
  const header = Buffer.from(packet);
  if (header.length < numberAt + 4 + SAMPLE_BYTES) return undefined;
  const sample = header.subarray(numberAt + 4, numberAt + 4 + SAMPLE_BYTES);
  const mask = createCipheriv('aes-128-ecb', keys.headerProtection, null).update(sample);
  header[0] = header.readUInt8(0) ^ (mask.readUInt8(0) & 0x0f);
  const numberBytes = (header.readUInt8(0) & 0x03) + 1;
  for (let i = 0; i < numberBytes; i++) {
    header[numberAt + i] = header.readUInt8(numberAt + i) ^ mask.readUInt8(1 + i);
  }
  const nonce = Buffer.from(keys.iv);
  const number = header.readUIntBE(numberAt, numberBytes);
  nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ number) >>> 0, 8);
  const payloadAt = numberAt + numberBytes;
  const decipher = createDecipheriv('aes-128-gcm', keys.key, nonce);
  decipher.setAAD(header.subarray(0, payloadAt));
  decipher.setAuthTag(header.subarray(header.length - TAG_BYTES));
  const text = decipher.update(header.subarray(payloadAt, header.length - TAG_BYTES));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return text;
}

const SAMPLE_BYTES = 16;
const TAG_BYTES = 16;

const VERSIONS: readonly VersionConstants[] = [
  {
    version: 1,
    salt: Buffer.from('38762cf7f55934b34d179ae6a4c80cadccbb7f0a', 'hex'),
    labels: { key: 'quic key', iv: 'quic iv', headerProtection: 'quic hp' },
    initialType: 0,
    retryType: 3,
  },
  {
    version: 0x6b3343cf,
    salt: Buffer.from('0dede3def700a6db819381be6e269dcbf9bd2ed9', 'hex'),
    labels: { key: 'quicv2 key', iv: 'quicv2 iv', headerProtection: 'quicv2 hp' },
    initialType: 1,
    retryType: 0,
  },
];

/** HKDF-Expand-Label with an empty context for at most one hash block of output. RFC 8446 §7.1. */
function expandLabel(secret: Buffer, label: string, bytes: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`, 'latin1');
  const info = Buffer.concat([Buffer.from([0, bytes, name.length]), name, Buffer.from([0, 1])]);
  return hmac(secret, info).subarray(0, bytes);
}

function hmac(key: Uint8Array, data: Uint8Array): Buffer {
  return createHmac('sha256', key).update(data).digest();
}
