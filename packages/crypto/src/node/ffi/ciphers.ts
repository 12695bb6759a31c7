import type { Aead, HeaderProtection } from '../../aead.ts';
import { createSoftwareHeaderProtection } from '../../software/header-protection.ts';
import type { AeadName } from '../../suites.ts';
import { FfiAead } from './aead.ts';
import { Engine } from './engine.ts';
import { FfiHeaderProtection } from './header-protection.ts';
import { loadOpenSsl, type OpenSsl } from './open-ssl.ts';
import { passesSelfTest } from './self-test.ts';

/** An AEAD of OpenSSL through node:ffi. Only where `hasFfiAead` returns true; throws elsewhere. */
export function createFfiAead(aead: AeadName, key: Uint8Array, iv: Uint8Array): Aead {
  return new FfiAead(engine(), aead, key, iv);
}

/** Header protection, of AES by OpenSSL through node:ffi. Only where `hasFfiAead` returns true; throws elsewhere. */
export function createFfiHeaderProtection(aead: AeadName, key: Uint8Array): HeaderProtection {
  return createMasks(engine(), aead, key);
}

/** Whether OpenSSL can be called through node:ffi, and gives right answers: the first call tries. */
export function hasFfiAead(): boolean {
  return usableEngine() !== undefined;
}

let found: { readonly engine: Engine | undefined } | undefined;

function engine(): Engine {
  const usable = usableEngine();
  if (usable === undefined) throw new Error('there is no node:ffi here: use createNodeProvider');
  return usable;
}

function usableEngine(): Engine | undefined {
  return (found ??= { engine: createEngine(loadOpenSsl()) }).engine;
}

/** OpenSSL with memory and contexts; undefined when a packet does not come out as it should. */
function createEngine(ssl: OpenSsl | undefined): Engine | undefined {
  if (ssl === undefined) return undefined;
  try {
    const made = new Engine(ssl);
    const isRight = passesSelfTest(
      (aead, key, iv) => new FfiAead(made, aead, key, iv),
      (aead, key) => createMasks(made, aead, key),
    );
    return isRight ? made : undefined;
  } catch {
    return undefined;
  }
}

/** A mask of ChaCha20 takes less in TypeScript than a native call. */
function createMasks(made: Engine, aead: AeadName, key: Uint8Array): HeaderProtection {
  if (aead === 'chacha20-poly1305') return createSoftwareHeaderProtection(aead, key);
  return new FfiHeaderProtection(made, aead, key);
}
