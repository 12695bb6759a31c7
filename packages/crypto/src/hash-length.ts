import type { HashName } from './provider.ts';

/** Length of each hash's output, bytes. */
export const HASH_LENGTH: Readonly<Record<HashName, number>> = { sha256: 32, sha384: 48, sha512: 64 };
