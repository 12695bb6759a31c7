import { TAG_LENGTH } from '../../aead.ts';
import { IV_LENGTH } from '../../suites.ts';
import type { OpenSsl } from './open-ssl.ts';

/**
 * Memory that OpenSSL reads and writes, at addresses that are computed once: packets are copied in and out, so that no address of a
 * caller's memory is ever passed on.
 */
export class Arena {
  readonly bytes: Uint8Array = new Uint8Array(new ArrayBuffer(PAYLOAD_AT + MOST_PAYLOAD + TAG_LENGTH));
  readonly nonce: Uint8Array;
  readonly key: Uint8Array;
  readonly tag: Uint8Array;
  /** The mask of a header: the first five bytes of a block of AES. */
  readonly mask: Uint8Array;
  readonly nonceAddress: bigint;
  readonly keyAddress: bigint;
  readonly tagAddress: bigint;
  readonly payloadAddress: bigint;
  readonly sampleAddress: bigint;
  readonly maskAddress: bigint;
  /** Where a TLS record begins whose payload lies at `PAYLOAD_AT`. */
  readonly recordAddress: bigint;
  /** An `int` in which OpenSSL tells lengths. */
  readonly lengthAddress: bigint;
  /** Parameters of a context: the nonce of the next packet, for AES-GCM; the tag; both of them. */
  readonly nonceParameters: bigint;
  readonly tagParameters: bigint;
  readonly nonceAndTagParameters: bigint;
  /** The nonce, and the associated data of a TLS record at `RECORD_HEADER_AT`. */
  readonly recordParameters: bigint;
  /** The addresses of headers of 0 to `MOST_HEADER` bytes, which end where the payload begins. */
  readonly headerAddresses: readonly bigint[];

  constructor({ addressOf }: OpenSsl) {
    const base = addressOf(this.bytes);
    const part = (at: number, length: number): Uint8Array => this.bytes.subarray(at, at + length);
    this.nonce = part(NONCE_AT, IV_LENGTH);
    this.key = part(KEY_AT, 32);
    this.tag = part(TAG_AT, TAG_LENGTH);
    this.mask = part(MASK_AT, MASK_LENGTH);
    this.nonceAddress = base + BigInt(NONCE_AT);
    this.keyAddress = base + BigInt(KEY_AT);
    this.tagAddress = base + BigInt(TAG_AT);
    this.lengthAddress = base + BigInt(LENGTH_AT);
    this.payloadAddress = base + BigInt(PAYLOAD_AT);
    this.sampleAddress = base + BigInt(SAMPLE_AT);
    this.maskAddress = base + BigInt(MASK_AT);
    this.recordAddress = this.payloadAddress - BigInt(EXPLICIT_NONCE_LENGTH);
    const write = (at: number, ...parameters: readonly Parameter[]): bigint =>
      writeParameters(this.bytes, at, base, parameters);
    this.nonceParameters = write(NONCE_PARAMETERS_AT, NONCE);
    this.tagParameters = write(TAG_PARAMETERS_AT, TAG);
    this.nonceAndTagParameters = write(NONCE_AND_TAG_PARAMETERS_AT, NONCE, TAG);
    this.recordParameters = write(RECORD_PARAMETERS_AT, NONCE, RECORD_HEADER);
    this.headerAddresses = Array.from({ length: MOST_HEADER + 1 }, (_, i) => this.payloadAddress - BigInt(i));
  }
}

/** An `OSSL_PARAM` with a string of octets at `dataAt`; its name has less than 16 bytes. */
interface Parameter {
  readonly name: string;
  readonly dataAt: number;
  readonly length: bigint;
}

/**
 * Write an array of `OSSL_PARAM` after the names; returns its address. A parameter is a name, a type, data, its length, and the length
 * that was returned; one without a name ends the array. openssl/params.h
 */
function writeParameters(
  memory: Uint8Array,
  at: number,
  base: bigint,
  parameters: readonly Parameter[],
): bigint {
  const view = new DataView(memory.buffer);
  const array = at + NAME_BYTES * parameters.length;
  for (const [i, { name, dataAt, length }] of parameters.entries()) {
    const nameAt = at + NAME_BYTES * i;
    for (let j = 0; j < name.length; j++) memory[nameAt + j] = name.charCodeAt(j);
    const parameter = array + PARAMETER_BYTES * i;
    view.setBigUint64(parameter, base + BigInt(nameAt), true);
    view.setUint32(parameter + 8, OSSL_PARAM_OCTET_STRING, true);
    view.setBigUint64(parameter + 16, base + BigInt(dataAt), true);
    view.setBigInt64(parameter + 24, length, true);
  }
  return base + BigInt(array);
}

const OSSL_PARAM_OCTET_STRING = 5;
const NAME_BYTES = 16;
const PARAMETER_BYTES = 40;

/** Bytes of the header of a TLS 1.2 record, as its associated data has it. RFC 5246 §6.2.3.3 */
export const RECORD_HEADER_LENGTH = 13;
/** Bytes of the nonce that a TLS 1.2 record of AES-GCM begins with. RFC 5288 §3 */
export const EXPLICIT_NONCE_LENGTH = 8;
export const SAMPLE_LENGTH = 16;
const MASK_LENGTH = 5;
/** The longest header, and the longest payload, that there is room for. */
export const MOST_HEADER = 256;
export const MOST_PAYLOAD = 65_536;

const NONCE_AT = 0;
const KEY_AT = 16;
const TAG_AT = 48;
const LENGTH_AT = 64;
export const RECORD_HEADER_AT = 80;
export const SAMPLE_AT = 96;
const MASK_AT = 112;
/** One parameter takes 96 bytes with its name and the end, two take 152. */
const NONCE_PARAMETERS_AT = 128;
const TAG_PARAMETERS_AT = 224;
const NONCE_AND_TAG_PARAMETERS_AT = 320;
const RECORD_PARAMETERS_AT = 480;
/** Where payloads lie, after their headers. */
export const PAYLOAD_AT: number = 640 + MOST_HEADER;

/** As EVP_CTRL_GCM_SET_IV_FIXED with a length of -1: the whole nonce, not only its fixed part. */
const NONCE: Parameter = { name: 'tlsivfixed', dataAt: NONCE_AT, length: -1n };
const TAG: Parameter = { name: 'tag', dataAt: TAG_AT, length: BigInt(TAG_LENGTH) };
const RECORD_HEADER: Parameter = {
  name: 'tlsaad',
  dataAt: RECORD_HEADER_AT,
  length: BigInt(RECORD_HEADER_LENGTH),
};
