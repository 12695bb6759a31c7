import type { Aead } from '../aead.ts';
import { TAG_LENGTH } from '../aead.ts';
import { writeNonce } from '../nonce.ts';
import { IV_LENGTH } from '../suites.ts';
import { AesBlock } from './aes-block.ts';
import { Ghash } from './ghash.ts';

/**
 * AES-GCM in place; key schedule and GHASH table are kept, and no memory is allocated per packet. It is not
 * constant-time: see AesBlock and Ghash. SP 800-38D §7
 */
export class AesGcm implements Aead {
  private readonly iv: Uint8Array;
  private readonly nonce: Uint8Array = new Uint8Array(IV_LENGTH);
  private readonly block: AesBlock;
  private readonly ghash: Ghash;
  private readonly keystream: Uint32Array = new Uint32Array(4);
  private readonly tag: Uint32Array = new Uint32Array(4);

  /** `key` has 16 or 32 bytes. */
  constructor(key: Uint8Array, iv: Uint8Array) {
    this.iv = iv.slice();
    this.block = new AesBlock(key);
    const hashKey = new Uint32Array(4);
    this.block.encrypt(hashKey);
    this.ghash = new Ghash(hashKey);
  }

  seal(
    packetNumber: number,
    buffer: Uint8Array,
    headerAt: number,
    payloadAt: number,
    payloadEnd: number,
  ): void {
    writeNonce(this.nonce, this.iv, packetNumber);
    this.applyKeystream(buffer, payloadAt, payloadEnd);
    this.computeTag(buffer, headerAt, payloadAt, payloadEnd);
    const tag = this.tag;
    for (let i = 0; i < TAG_LENGTH; i++) buffer[payloadEnd + i] = tag[i >> 2]! >>> (24 - 8 * (i & 3));
  }

  open(packetNumber: number, buffer: Uint8Array, headerAt: number, payloadAt: number, end: number): boolean {
    const tagAt = end - TAG_LENGTH;
    if (tagAt < payloadAt) return false;
    writeNonce(this.nonce, this.iv, packetNumber);
    this.computeTag(buffer, headerAt, payloadAt, tagAt);
    let difference = 0;
    for (let i = 0; i < 4; i++) difference |= this.tag[i]! ^ bigEndianWord(buffer, tagAt + 4 * i);
    if (difference !== 0) return false;
    this.applyKeystream(buffer, payloadAt, tagAt);
    return true;
  }

  private computeTag(buffer: Uint8Array, headerAt: number, payloadAt: number, payloadEnd: number): void {
    const ghash = this.ghash;
    const tag = this.tag;
    ghash.reset();
    ghash.absorbPadded(buffer, headerAt, payloadAt);
    ghash.absorbPadded(buffer, payloadAt, payloadEnd);
    ghash.absorbLengths(payloadAt - headerAt, payloadEnd - payloadAt);
    this.loadCounter(tag, 1);
    this.block.encrypt(tag);
    for (let i = 0; i < 4; i++) tag[i]! ^= ghash.words[i]!;
  }

  /** Counter 1 masks the tag; the payload's counters begin at 2. */
  private applyKeystream(buffer: Uint8Array, from: number, end: number): void {
    const keystream = this.keystream;
    const block = this.block;
    for (let at = from, counter = 2; at < end; at += 16, counter++) {
      this.loadCounter(keystream, counter);
      block.encrypt(keystream);
      if (at + 16 > end) {
        for (let i = 0; at + i < end; i++) buffer[at + i]! ^= keystream[i >> 2]! >>> (24 - 8 * (i & 3));
        return;
      }
      for (let i = 0, byteAt = at; i < 4; i++, byteAt += 4) {
        const word = keystream[i]!;
        buffer[byteAt]! ^= word >>> 24;
        buffer[byteAt + 1]! ^= word >>> 16;
        buffer[byteAt + 2]! ^= word >>> 8;
        buffer[byteAt + 3]! ^= word;
      }
    }
  }

  private loadCounter(words: Uint32Array, counter: number): void {
    const nonce = this.nonce;
    words[0] = bigEndianWord(nonce, 0);
    words[1] = bigEndianWord(nonce, 4);
    words[2] = bigEndianWord(nonce, 8);
    words[3] = counter;
  }
}

function bigEndianWord(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
