/** Certificates that browsers trust by their hash: made, replaced in time, and published. */
export { CertificateRotation, type CertificateRotationOptions } from './certificates/certificate-rotation.ts';
export {
  createHashedCertificate,
  type HashedCertificate,
  type HashedCertificateOptions,
  type JudgedCertificate,
  readHashedCertificate,
} from './certificates/hashed-certificate.ts';
export {
  hashesJson,
  hashesSnippet,
  type PublishedHash,
  publishedHashes,
} from './certificates/published-hashes.ts';
