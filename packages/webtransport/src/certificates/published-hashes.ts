/** A hash as JSON can carry it. */
export interface PublishedHash {
  readonly algorithm: 'sha-256';
  /** Base64. */
  readonly value: string;
}

/** What has a hash. */
interface Hashed {
  readonly hash: Uint8Array;
}

/** The hashes of certificates, for pages. */
export function publishedHashes(certificates: readonly Hashed[]): PublishedHash[] {
  return certificates.map(({ hash }) => ({ algorithm: 'sha-256', value: base64Of(hash) }));
}

/** The same as JSON, to be served beside a page, which decodes each `value` from Base64. */
export function hashesJson(certificates: readonly Hashed[]): string {
  return JSON.stringify(publishedHashes(certificates));
}

/** The option `serverCertificateHashes` as source text, to be pasted into a page. */
export function hashesSnippet(certificates: readonly Hashed[]): string {
  const entries = certificates.map(
    ({ hash }) => `  { algorithm: 'sha-256', value: Uint8Array.from([${[...hash].join(', ')}]) },\n`,
  );
  return `serverCertificateHashes: [\n${entries.join('')}]`;
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
