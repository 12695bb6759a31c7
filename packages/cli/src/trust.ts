import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import type { CertificateFault, CertificateVerifier } from '@tsquic/tls13';
import { certificatesFromPem, createCertificateVerifier } from '@tsquic/tls13/x509';
import { Failure, systemFailure } from './failure.ts';

/**
 * A verifier of servers with the authorities in these PEM files, or those of the runtime when there are none.
 * Throws a `Failure` for a file that cannot be read or contains no certificate.
 */
export async function verifierFor(caFiles: readonly string[]): Promise<CertificateVerifier> {
  const texts = await Promise.all(caFiles.map((file) => readText(file)));
  const trustAnchors = texts.flatMap((text, index) => certificates(text, caFiles[index] ?? ''));
  return advising(
    createCertificateVerifier({
      trustAnchors:
        caFiles.length > 0
          ? trustAnchors
          : () => rootCertificates.flatMap((text) => certificates(text, 'built-in roots')),
    }),
  );
}

/** Adds advice for the user to faults, where there is any. */
function advising(verifier: CertificateVerifier): CertificateVerifier {
  return {
    ...verifier,
    verify(chain, serverName, unixTimeMs, crypto) {
      const fault = verifier.verify(chain, serverName, unixTimeMs, crypto);
      const advice = ADVICE[fault?.reason ?? 'form'];
      return fault === undefined || advice === undefined
        ? fault
        : { ...fault, message: `${fault.message}; ${advice}` };
    },
  };
}

/** Advice by kind of fault: another authority helps when one is missing, another name when it differs. */
const ADVICE: Partial<Record<NonNullable<CertificateFault['reason']>, string>> = {
  name: '--server-name NAME expects another name',
  issuer: '--ca FILE trusts this issuer',
};

/** A certificate, its key and its passphrase, as `connect` and `listen` take them. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
  readonly passphrase?: string;
}

/**
 * A certificate and its key from PEM files. Throws a `Failure` that names the file and what is wrong with it.
 *
 * @param passphraseFile - file whose first line decrypts the key.
 */
export async function keyPairFrom(
  certFile: string,
  keyFile: string,
  passphraseFile: string | undefined,
): Promise<KeyPair> {
  const cert = await readText(certFile);
  const [leaf] = certificates(cert, certFile);
  const key = await readText(keyFile);
  const passphrase = passphraseFile === undefined ? undefined : firstLine(await readText(passphraseFile));
  if (!belongTogether(leaf, readKey(key, keyFile, passphrase)))
    throw keyFailure(`${keyFile} is not the key of ${certFile}`);
  return { cert, key, ...(passphrase === undefined ? {} : { passphrase }) };
}

function readKey(key: string, file: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({ key, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (error) {
    const isEncrypted = /-BEGIN ENCRYPTED PRIVATE KEY-|^Proc-Type: 4,ENCRYPTED/m.test(key);
    if (!isEncrypted) throw keyFailure(`${file}: ${(error as Error).message}`);
    throw new Failure(
      'ERR_TSQUIC_KEY',
      passphrase === undefined ? `${file} is encrypted` : `${file} is encrypted with another passphrase`,
      '--passphrase-file FILE decrypts it',
    );
  }
}

function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? '';
}

function keyFailure(message: string): Failure {
  return new Failure('ERR_TSQUIC_KEY', message, 'tsquic cert makes a usable pair');
}

function belongTogether(leaf: Uint8Array | undefined, key: KeyObject): boolean {
  return leaf !== undefined && new X509Certificate(leaf).checkPrivateKey(key);
}

function certificates(text: string, file: string): Uint8Array[] {
  try {
    return [...certificatesFromPem(text)];
  } catch (error) {
    throw new Failure('ERR_TSQUIC_CERTIFICATE', `${file}: ${(error as Error).message}`);
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw systemFailure(error, `read ${file}`);
  }
}
