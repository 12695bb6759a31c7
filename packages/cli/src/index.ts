export { run } from './run.ts';
export { createSelfSigned, type PemPair, type SelfSignedOptions } from './self-signed.ts';
export { type Terminal } from './terminal.ts';
