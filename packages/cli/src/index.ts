export { run } from './run.ts';
export { type Terminal } from './terminal.ts';
export { createSelfSigned, type PemPair, type SelfSignedOptions } from 'tsquic/certificates';
