import { TAG_LENGTH } from '../../aead.ts';
import { writeNonce } from '../../nonce.ts';
import {
  type Arena,
  EXPLICIT_NONCE_LENGTH,
  PAYLOAD_AT,
  RECORD_HEADER_AT,
  RECORD_HEADER_LENGTH,
} from './arena.ts';
import { LastView } from './last-view.ts';
import type { OpenSsl } from './open-ssl.ts';

/**
 * AES-GCM packets with headers of 13 bytes, which OpenSSL takes as records of TLS 1.2: their associated data has so many bytes, and one
 * call encrypts a record and writes its tag, where other packets take four. A record ends its associated data with the length of its
 * plaintext, which OpenSSL computes from the length before: so the length passed on is the last two bytes of the header, and what OpenSSL
 * subtracts from it. RFC 5246 §6.2.3.3, RFC 5288 §3
 */
export class RecordCipher {
  private readonly ssl: OpenSsl;
  private readonly arena: Arena;
  private readonly sealed: LastView = new LastView();
  private readonly opened: LastView = new LastView();
  private readonly received: LastView = new LastView();

  constructor(ssl: OpenSsl, arena: Arena) {
    this.ssl = ssl;
    this.arena = arena;
  }

  /** Whether a packet has such a header, and whether what ends it may be passed on as a length, which has two bytes. */
  takes(buffer: Uint8Array, headerAt: number, payloadAt: number): boolean {
    if (payloadAt - headerAt !== RECORD_HEADER_LENGTH) return false;
    return buffer[payloadAt - 2]! !== 0xff || buffer[payloadAt - 1]! + RECORD_OVERHEAD <= 0xff;
  }

  /** As `Aead.seal`, with a context for sealing. False when OpenSSL does not seal: then `buffer` is as it was. */
  seal(
    context: bigint,
    iv: Uint8Array,
    packetNumber: number,
    buffer: Uint8Array,
    headerAt: number,
    payloadEnd: number,
  ): boolean {
    const { bytes } = this.arena;
    const payloadAt = headerAt + RECORD_HEADER_LENGTH;
    const end = PAYLOAD_AT + payloadEnd - payloadAt + TAG_LENGTH;
    bytes.set(buffer.subarray(headerAt, payloadEnd), PAYLOAD_AT - RECORD_HEADER_LENGTH);
    this.writeHeader(EXPLICIT_NONCE_LENGTH);
    writeNonce(this.arena.nonce, iv, packetNumber);
    if (!this.run(context, end)) return false;
    buffer.set(this.sealed.of(bytes, PAYLOAD_AT, end), payloadAt);
    return true;
  }

  /** As `Aead.open`, with a context for opening. */
  open(
    context: bigint,
    iv: Uint8Array,
    packetNumber: number,
    buffer: Uint8Array,
    headerAt: number,
    packetEnd: number,
  ): boolean {
    const { bytes, nonce } = this.arena;
    const payloadAt = headerAt + RECORD_HEADER_LENGTH;
    const end = PAYLOAD_AT + packetEnd - payloadAt;
    bytes.set(this.received.of(buffer, headerAt, packetEnd), PAYLOAD_AT - RECORD_HEADER_LENGTH);
    this.writeHeader(RECORD_OVERHEAD);
    writeNonce(nonce, iv, packetNumber);
    for (let i = 1; i <= EXPLICIT_NONCE_LENGTH; i++) bytes[PAYLOAD_AT - i] = nonce[nonce.length - i]!;
    if (!this.run(context, end)) return false;
    buffer.set(this.opened.of(bytes, PAYLOAD_AT, end - TAG_LENGTH), payloadAt);
    return true;
  }

  /** The associated data, from the header before the payload; OpenSSL subtracts `overhead` from the length at its end. */
  private writeHeader(overhead: number): void {
    const { bytes } = this.arena;
    const headerAt = PAYLOAD_AT - RECORD_HEADER_LENGTH;
    for (let i = 0; i < RECORD_HEADER_LENGTH; i++) bytes[RECORD_HEADER_AT + i] = bytes[headerAt + i]!;
    const length = ((bytes[PAYLOAD_AT - 2]! << 8) | bytes[PAYLOAD_AT - 1]!) + overhead;
    bytes[RECORD_HEADER_AT + RECORD_HEADER_LENGTH - 2] = length >> 8;
    bytes[RECORD_HEADER_AT + RECORD_HEADER_LENGTH - 1] = length;
  }

  /** Encrypt or decrypt the record, which ends at `end` of the arena with its tag. */
  private run(context: bigint, end: number): boolean {
    const { ssl, arena } = this;
    const length = end - PAYLOAD_AT + EXPLICIT_NONCE_LENGTH;
    const { recordAddress } = arena;
    return (
      ssl.EVP_CIPHER_CTX_set_params(context, arena.recordParameters) === 1 &&
      ssl.EVP_Cipher(context, recordAddress, recordAddress, length) === length
    );
  }
}

/** Bytes of a record besides its plaintext. */
const RECORD_OVERHEAD = EXPLICIT_NONCE_LENGTH + TAG_LENGTH;
