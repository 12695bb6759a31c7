import { createPrivateKey, type KeyObject } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import type { CryptoProvider } from '@tsquic/crypto';
import { type CertificateVerifier, checkIdentity, type Identity } from '@tsquic/tls13';
import { certificatesFromPem, createCertificateVerifier, privateKeyFromPem } from '@tsquic/tls13/x509';
import { QuicError } from './errors.ts';
import { checkServerIdentity } from './option-checks.ts';
import { KnownVerifiers } from './known-verifiers.ts';
import type { Certificates, ServerIdentity } from './options.ts';
import { reportFault } from './program-fault.ts';

/**
 * Certificate and key in the form of the core. Throws `ERR_QUIC_INVALID_OPTION` when they cannot be read, or
 * do not belong together.
 */
export function createIdentity(identity: ServerIdentity, crypto: CryptoProvider): Identity {
  const { key, cert, passphrase } = identity;
  checkServerIdentity(identity);
  if (key === undefined || cert === undefined)
    throw new QuicError('ERR_QUIC_INVALID_OPTION', 'a certificate needs both key and cert');
  const chain = readCertificates('cert', cert);
  return readable('key', () => {
    const read = { chain, signer: crypto.createSigner(readPrivateKey(key, passphrase)) };
    checkIdentity(read, crypto);
    return read;
  });
}

/** PKCS #8 in DER. */
function readPrivateKey(key: string | Uint8Array, passphrase: string | undefined): Uint8Array {
  if (passphrase === undefined) {
    if (isEncrypted(key)) throw new Error('the private key is encrypted: give its passphrase');
    return isPem(key) ? privateKeyFromPem(textOf(key)) : key;
  }
  const encrypted = isPem(key)
    ? { key: textOf(key), format: 'pem' as const }
    : { key: Buffer.from(key), format: 'der' as const, type: 'pkcs8' as const };
  return decrypt(() => createPrivateKey({ ...encrypted, passphrase })).export({
    format: 'der',
    type: 'pkcs8',
  });
}

/** Decrypt a key; OpenSSL's errors for a wrong passphrase, 'bad decrypt' or 'unsupported', do not say so. */
function decrypt(create: () => KeyObject): KeyObject {
  try {
    return create();
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`the private key cannot be read with this passphrase (${message})`, { cause: error });
  }
}

/** RFC 7468 §11, RFC 1421 §4.6.1.1; in DER, an EncryptedPrivateKeyInfo begins with an algorithm (RFC 5958 §3). */
function isEncrypted(key: string | Uint8Array): boolean {
  if (isPem(key)) return /-BEGIN ENCRYPTED PRIVATE KEY-|^Proc-Type: 4,ENCRYPTED/m.test(textOf(key));
  const lengthBytes = key[1]! < 0x80 ? 0 : key[1]! & 0x7f;
  return key[2 + lengthBytes] === DER_SEQUENCE;
}

/** A verifier of servers with these authorities, or the runtime's. */
export function createServerVerifier(ca: Certificates | undefined): CertificateVerifier {
  if (ca !== undefined) return known.find(ca) ?? known.add(ca, verifierFor(ca, 'server'));
  builtIn ??= createCertificateVerifier({
    trustAnchors: () => readCertificates('ca', rootCertificates),
    onFault: (error) => reportFault('reading the certificates of the runtime', error),
  });
  return builtIn;
}

/** A verifier of clients with these authorities. */
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

/**
 * Whether the certificate is PEM, also as bytes, which `readFileSync` returns without an encoding. DER begins
 * with a SEQUENCE, never with a dash.
 */
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

/** A program that connects again and again gives the same authorities each time. */
const known = new KnownVerifiers();

let builtIn: CertificateVerifier | undefined = undefined;

const DER_SEQUENCE = 0x30;
