import type { HashName } from './provider.ts';

/** Bytes of each hash's output. */
export const HASH_LENGTH: Readonly<Record<HashName, number>> = { sha256: 32, sha384: 48, sha512: 64 };
