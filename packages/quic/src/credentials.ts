import { createPrivateKey } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import type { CryptoProvider } from '@tsquic/crypto';
import type { CertificateVerifier, Identity } from '@tsquic/tls13';
import { certificatesFromPem, createCertificateVerifier, privateKeyFromPem } from '@tsquic/tls13/x509';
import { QuicError } from './errors.ts';
import type { Certificates, ServerIdentity } from './options.ts';

/** Certificate and key as the core wants them. Throws `ERR_QUIC_INVALID_OPTION` for what cannot be read. */
export function createIdentity({ key, cert, passphrase }: ServerIdentity, crypto: CryptoProvider): Identity {
  const chain = readCertificates('cert', cert);
  return readable('key', () => ({ chain, signer: crypto.createSigner(readPrivateKey(key, passphrase)) }));
}

/** PKCS #8 in DER. */
function readPrivateKey(key: string | Uint8Array, passphrase: string | undefined): Uint8Array {
  if (passphrase === undefined) return isPem(key) ? privateKeyFromPem(textOf(key)) : key;
  const encrypted = isPem(key)
    ? { key: textOf(key), format: 'pem' as const }
    : { key: Buffer.from(key), format: 'der' as const, type: 'pkcs8' as const };
  return createPrivateKey({ ...encrypted, passphrase }).export({ format: 'der', type: 'pkcs8' });
}

/** Judges servers by these authorities, or the runtime's. */
export function createServerVerifier(ca: Certificates | undefined): CertificateVerifier {
  if (ca !== undefined) return verifierFor(ca, 'server');
  builtIn ??= verifierFor(rootCertificates, 'server');
  return builtIn;
}

/** Judges clients by these authorities. */
export function createClientVerifier(ca: Certificates): CertificateVerifier {
  return verifierFor(ca, 'client');
}

function verifierFor(ca: Certificates, purpose: 'server' | 'client'): CertificateVerifier {
  const trustAnchors = readCertificates('ca', ca);
  return readable('ca', () => createCertificateVerifier({ trustAnchors, purpose }));
}

function readCertificates(name: string, certificates: Certificates): Uint8Array[] {
  const list =
    typeof certificates === 'string' || certificates instanceof Uint8Array ? [certificates] : certificates;
  return readable(name, () =>
    list.flatMap((item) => (isPem(item) ? certificatesFromPem(textOf(item)) : [item])),
  );
}

/** `readFileSync` without an encoding gives PEM as bytes. DER begins with a SEQUENCE, never with a dash. */
function isPem(item: string | Uint8Array): item is string | (Uint8Array & { readonly pem: true }) {
  return typeof item === 'string' || item[0] !== DER_SEQUENCE;
}

function textOf(item: string | Uint8Array): string {
  return typeof item === 'string' ? item : new TextDecoder().decode(item);
}

function readable<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new QuicError('ERR_QUIC_INVALID_OPTION', `${name}: ${(error as Error).message}`, { cause: error });
  }
}

let builtIn: CertificateVerifier | undefined = undefined;

const DER_SEQUENCE = 0x30;
