import { type Aead, TAG_LENGTH } from '../../aead.ts';
import { checkKeyAndIv } from '../../key-length.ts';
import { writeNonce } from '../../nonce.ts';
import { createSoftwareAead } from '../../software/aead.ts';
import type { AeadName } from '../../suites.ts';
import { Arena, MOST_HEADER, MOST_PAYLOAD, PAYLOAD_AT, RECORD_HEADER_LENGTH } from './arena.ts';
import { Contexts } from './contexts.ts';
import { loadOpenSsl, type OpenSsl } from './open-ssl.ts';
import { RecordCipher } from './record.ts';
import { passesSelfTest } from './self-test.ts';

/** An AEAD of OpenSSL through node:ffi. Only where `hasFfiAead` returns true; throws elsewhere. */
export function createFfiAead(aead: AeadName, key: Uint8Array, iv: Uint8Array): Aead {
  const engine = usableEngine();
  if (engine === undefined) throw new Error('there is no node:ffi here: use createNodeProvider');
  return new FfiAead(engine, aead, key, iv);
}

/** Whether OpenSSL can be called through node:ffi, and gives right answers: the first call tries. */
export function hasFfiAead(): boolean {
  return usableEngine() !== undefined;
}

/** The `headerLength` of such an AEAD. */
export function fastHeaderLength(aead: AeadName): number | undefined {
  return aead === 'chacha20-poly1305' ? undefined : RECORD_HEADER_LENGTH;
}

let found: { readonly engine: Engine | undefined } | undefined;

function usableEngine(): Engine | undefined {
  return (found ??= { engine: createEngine(loadOpenSsl()) }).engine;
}

/** OpenSSL with memory and contexts; undefined when a packet does not come out as it should. */
function createEngine(ssl: OpenSsl | undefined): Engine | undefined {
  if (ssl === undefined) return undefined;
  try {
    const engine = new Engine(ssl);
    return passesSelfTest((aead, key, iv) => new FfiAead(engine, aead, key, iv)) ? engine : undefined;
  } catch {
    return undefined;
  }
}

/** What all keys share. */
class Engine {
  readonly ssl: OpenSsl;
  readonly arena: Arena;
  readonly records: RecordCipher;
  private readonly known: Map<string, Contexts> = new Map();
  private lastKey = 0;

  constructor(ssl: OpenSsl) {
    this.ssl = ssl;
    this.arena = new Arena(ssl);
    this.records = new RecordCipher(ssl, this.arena);
  }

  /** A number for a key, which no other one has. */
  nextKey(): number {
    return ++this.lastKey;
  }

  contextsFor(aead: AeadName, seals: boolean): Contexts {
    const name = `${aead} ${String(seals)}`;
    const contexts = this.known.get(name) ?? new Contexts(this.ssl, this.arena, aead, seals);
    this.known.set(name, contexts);
    return contexts;
  }
}

class FfiAead implements Aead {
  readonly headerLength: number | undefined;
  private readonly ssl: OpenSsl;
  private readonly arena: Arena;
  private readonly aead: AeadName;
  /** Undefined for ChaCha20-Poly1305. */
  private readonly records: RecordCipher | undefined;
  private readonly number: number;
  private readonly key: Uint8Array;
  private readonly iv: Uint8Array;
  private readonly sealing: Contexts;
  private readonly opening: Contexts;
  private sealsAt = 0;
  private opensAt = 0;
  private longer: Aead | undefined;

  constructor(engine: Engine, aead: AeadName, key: Uint8Array, iv: Uint8Array) {
    checkKeyAndIv(aead, key, iv);
    this.ssl = engine.ssl;
    this.arena = engine.arena;
    this.aead = aead;
    this.records = aead === 'chacha20-poly1305' ? undefined : engine.records;
    this.headerLength = fastHeaderLength(aead);
    this.number = engine.nextKey();
    this.key = key.slice();
    this.iv = iv.slice();
    this.sealing = engine.contextsFor(aead, true);
    this.opening = engine.contextsFor(aead, false);
  }

  seal(
    packetNumber: number,
    buffer: Uint8Array,
    headerAt: number,
    payloadAt: number,
    payloadEnd: number,
  ): void {
    const [headerLength, length] = [payloadAt - headerAt, payloadEnd - payloadAt];
    if (headerLength > MOST_HEADER || length > MOST_PAYLOAD)
      return this.forLonger().seal(packetNumber, buffer, headerAt, payloadAt, payloadEnd);
    const { ssl, arena, sealing, records } = this;
    if (!sealing.holds(this.sealsAt, this.number)) this.sealsAt = sealing.take(this.number, this.key);
    const context = sealing.at(this.sealsAt);
    if (records?.takes(buffer, headerAt, payloadAt) === true) {
      if (!records.seal(context, this.iv, packetNumber, buffer, headerAt, payloadEnd)) throw sealsNothing();
      return;
    }
    arena.bytes.set(buffer.subarray(headerAt, payloadEnd), PAYLOAD_AT - headerLength);
    writeNonce(arena.nonce, this.iv, packetNumber);
    // A call with two arguments costs a quarter of one with six.
    const isDone =
      (records === undefined
        ? ssl.EVP_CipherInit_ex(context, 0n, 0n, 0n, arena.nonceAddress, 1) === 1
        : ssl.EVP_CIPHER_CTX_set_params(context, arena.nonceParameters) === 1) &&
      this.update(context, headerLength, length) &&
      ssl.EVP_CipherFinal_ex(context, arena.tagAddress, arena.lengthAddress) === 1 &&
      ssl.EVP_CIPHER_CTX_get_params(context, arena.tagParameters) === 1;
    if (!isDone) throw sealsNothing();
    buffer.set(arena.bytes.subarray(PAYLOAD_AT, PAYLOAD_AT + length), payloadAt);
    buffer.set(arena.tag, payloadEnd);
  }

  open(packetNumber: number, buffer: Uint8Array, headerAt: number, payloadAt: number, end: number): boolean {
    const [headerLength, length] = [payloadAt - headerAt, end - TAG_LENGTH - payloadAt];
    if (length < 0) return false;
    if (headerLength > MOST_HEADER || length > MOST_PAYLOAD)
      return this.forLonger().open(packetNumber, buffer, headerAt, payloadAt, end);
    const { ssl, opening, records } = this;
    if (!opening.holds(this.opensAt, this.number)) this.opensAt = opening.take(this.number, this.key);
    const context = opening.at(this.opensAt);
    const isOpen =
      records?.takes(buffer, headerAt, payloadAt) === true
        ? records.open(context, this.iv, packetNumber, buffer, headerAt, end)
        : this.openPlainly(context, packetNumber, buffer, headerAt, payloadAt, end);
    if (!isOpen) ssl.ERR_clear_error();
    return isOpen;
  }

  private openPlainly(
    context: bigint,
    packetNumber: number,
    buffer: Uint8Array,
    headerAt: number,
    payloadAt: number,
    end: number,
  ): boolean {
    const { ssl, arena, records } = this;
    const [headerLength, length] = [payloadAt - headerAt, end - TAG_LENGTH - payloadAt];
    arena.bytes.set(buffer.subarray(headerAt, end - TAG_LENGTH), PAYLOAD_AT - headerLength);
    arena.tag.set(buffer.subarray(end - TAG_LENGTH, end));
    writeNonce(arena.nonce, this.iv, packetNumber);
    const isOpen =
      (records === undefined
        ? ssl.EVP_CipherInit_ex(context, 0n, 0n, 0n, arena.nonceAddress, 0) === 1 &&
          ssl.EVP_CIPHER_CTX_set_params(context, arena.tagParameters) === 1
        : ssl.EVP_CIPHER_CTX_set_params(context, arena.nonceAndTagParameters) === 1) &&
      this.update(context, headerLength, length) &&
      ssl.EVP_CipherFinal_ex(context, arena.tagAddress, arena.lengthAddress) === 1;
    if (isOpen) buffer.set(arena.bytes.subarray(PAYLOAD_AT, PAYLOAD_AT + length), payloadAt);
    return isOpen;
  }

  /** Take the header and the payload, which is changed in its place. Returns whether OpenSSL did. */
  private update(context: bigint, headerLength: number, length: number): boolean {
    const { ssl, arena } = this;
    const { payloadAddress } = arena;
    const header = arena.headerAddresses[headerLength]!;
    return (
      (headerLength === 0 || ssl.EVP_Cipher(context, 0n, header, headerLength) === headerLength) &&
      (length === 0 || ssl.EVP_Cipher(context, payloadAddress, payloadAddress, length) === length)
    );
  }

  private forLonger(): Aead {
    return (this.longer ??= createSoftwareAead(this.aead, this.key, this.iv));
  }
}

/** A call that failed would leave the wrong nonce or bytes: the packet must not leave. */
function sealsNothing(): Error {
  return new Error('OpenSSL does not seal');
}
