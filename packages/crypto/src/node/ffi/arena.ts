import { TAG_LENGTH } from '../../aead.ts';
import { IV_LENGTH } from '../../suites.ts';
import type { OpenSsl } from './open-ssl.ts';

/**
 * Memory that OpenSSL reads and writes, at addresses that are computed once: packets are copied in and out, so that no address of a
 * caller's memory is ever passed on.
 */
export class Arena {
  readonly bytes: Uint8Array = new Uint8Array(new ArrayBuffer(PAYLOAD_AT + MOST_PAYLOAD));
  readonly nonce: Uint8Array;
  readonly key: Uint8Array;
  readonly tag: Uint8Array;
  readonly nonceAddress: bigint;
  readonly keyAddress: bigint;
  readonly tagAddress: bigint;
  readonly payloadAddress: bigint;
  /** An `int` in which OpenSSL tells lengths. */
  readonly lengthAddress: bigint;
  /** Parameters of a context: the nonce of the next packet, for AES-GCM, and the tag. */
  readonly nonceParameters: bigint;
  readonly tagParameters: bigint;
  /** The addresses of headers of 0 to `MOST_HEADER` bytes, which end where the payload begins. */
  readonly headerAddresses: readonly bigint[];

  constructor({ addressOf }: OpenSsl) {
    const base = addressOf(this.bytes);
    const part = (at: number, length: number): Uint8Array => this.bytes.subarray(at, at + length);
    this.nonce = part(NONCE_AT, IV_LENGTH);
    this.key = part(KEY_AT, 32);
    this.tag = part(TAG_AT, TAG_LENGTH);
    this.nonceAddress = base + BigInt(NONCE_AT);
    this.keyAddress = base + BigInt(KEY_AT);
    this.tagAddress = base + BigInt(TAG_AT);
    this.lengthAddress = base + BigInt(LENGTH_AT);
    this.payloadAddress = base + BigInt(PAYLOAD_AT);
    // As EVP_CTRL_GCM_SET_IV_FIXED with a length of -1: the whole nonce, not only its fixed part.
    this.nonceParameters =
      base + BigInt(writeParameters(this.bytes, NONCE_PARAMETERS_AT, base, 'tlsivfixed', NONCE_AT, -1n));
    this.tagParameters =
      base + BigInt(writeParameters(this.bytes, TAG_PARAMETERS_AT, base, 'tag', TAG_AT, BigInt(TAG_LENGTH)));
    this.headerAddresses = Array.from({ length: MOST_HEADER + 1 }, (_, i) => this.payloadAddress - BigInt(i));
  }
}

/**
 * Write an array of `OSSL_PARAM` with one string of octets, after its name; returns where the array begins. A parameter is a name, a
 * type, data, its length, and the length that was returned; one without a name ends the array. openssl/params.h
 */
function writeParameters(
  memory: Uint8Array,
  at: number,
  base: bigint,
  name: string,
  dataAt: number,
  length: bigint,
): number {
  const view = new DataView(memory.buffer);
  for (let i = 0; i < name.length; i++) memory[at + i] = name.charCodeAt(i);
  const array = at + 16;
  view.setBigUint64(array, base + BigInt(at), true);
  view.setUint32(array + 8, OSSL_PARAM_OCTET_STRING, true);
  view.setBigUint64(array + 16, base + BigInt(dataAt), true);
  view.setBigInt64(array + 24, length, true);
  return array;
}

const OSSL_PARAM_OCTET_STRING = 5;

/** The longest header, and the longest payload, that there is room for. */
export const MOST_HEADER = 256;
export const MOST_PAYLOAD = 65_536;
const NONCE_AT = 0;
const KEY_AT = 16;
const TAG_AT = 48;
const LENGTH_AT = 64;
/** A name of at most 16 bytes, a parameter, and the end: 96 bytes. */
const NONCE_PARAMETERS_AT = 128;
const TAG_PARAMETERS_AT = 224;
/** Where payloads lie, after their headers. */
export const PAYLOAD_AT: number = 384 + MOST_HEADER;
