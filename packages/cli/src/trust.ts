import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import type { CryptoProvider } from '@tsquic/crypto';
import type { CertificateFault, CertificateVerifier, Identity } from '@tsquic/tls13';
import { certificatesFromPem, createCertificateVerifier, privateKeyFromPem } from '@tsquic/tls13/x509';
import { Failure, systemFailure } from './failure.ts';

/**
 * Judges servers by the issuers in these PEM files, or by those built into the runtime when there are none. Throws
 * a `Failure` for a file that cannot be read or holds no certificate.
 */
export async function verifierFor(caFiles: readonly string[]): Promise<CertificateVerifier> {
  const texts =
    caFiles.length === 0 ? rootCertificates : await Promise.all(caFiles.map((file) => readText(file)));
  const trustAnchors = texts.flatMap((text, index) => certificates(text, caFiles[index] ?? 'built-in roots'));
  return advising(createCertificateVerifier({ trustAnchors }));
}

/** Says what a user of this program can do, where it can do something. */
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

/** Only what is true of the fault: an issuer helps where one is missing, a name where it is another. */
const ADVICE: Partial<Record<NonNullable<CertificateFault['reason']>, string>> = {
  name: '--server-name NAME expects another name',
  issuer: '--ca FILE trusts this issuer',
};

/** A server's certificate and key from PEM files. Throws a `Failure` that names the file and what is wrong with it. */
export async function identityFrom(
  certFile: string,
  keyFile: string,
  crypto: CryptoProvider,
): Promise<Identity> {
  const chain = certificates(await readText(certFile), certFile);
  const keyText = await readText(keyFile);
  const advice = 'tsquic cert makes a usable pair';
  try {
    const signer = crypto.createSigner(privateKeyFromPem(keyText));
    if (belongTogether(chain[0], keyText)) return { chain, signer };
  } catch (error) {
    throw new Failure('ERR_TSQUIC_KEY', `${keyFile}: ${(error as Error).message}`, advice);
  }
  throw new Failure('ERR_TSQUIC_KEY', `${keyFile} is not the key of ${certFile}`, advice);
}

function belongTogether(leaf: Uint8Array | undefined, keyText: string): boolean {
  return leaf !== undefined && new X509Certificate(leaf).checkPrivateKey(createPrivateKey(keyText));
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
