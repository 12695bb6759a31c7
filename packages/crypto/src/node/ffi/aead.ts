import { type Aead, TAG_LENGTH } from '../../aead.ts';
import { checkKeyAndIv } from '../../key-length.ts';
import { writeNonce } from '../../nonce.ts';
import { createSoftwareAead } from '../../software/aead.ts';
import type { AeadName } from '../../suites.ts';
import { type Arena, MOST_HEADER, MOST_PAYLOAD, PAYLOAD_AT, RECORD_HEADER_LENGTH } from './arena.ts';
import type { Contexts } from './contexts.ts';
import type { Engine } from './engine.ts';
import type { OpenSsl } from './open-ssl.ts';
import type { RecordCipher } from './record.ts';

/** The `headerLength` of such an AEAD. */
export function fastHeaderLength(aead: AeadName): number | undefined {
  return aead === 'chacha20-poly1305' ? undefined : RECORD_HEADER_LENGTH;
}

/** An AEAD whose packets OpenSSL seals and opens. */
export class FfiAead implements Aead {
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
