export { certificatesFromPem, decodePem, type PemBlock, privateKeyFromPem } from './certificate/pem.ts';
export type { Purpose } from './certificate/rules.ts';
export { createCertificateVerifier, type CertificateVerifierOptions } from './certificate/verifier.ts';
