import type { Aead } from '../aead.ts';
import { TAG_LENGTH } from '../aead.ts';
import { writeNonce } from '../nonce.ts';
import { IV_LENGTH } from '../suites.ts';
import { chachaBlock, createChachaState, littleEndianWord } from './chacha-block.ts';
import { Poly1305 } from './poly1305.ts';

/**
 * ChaCha20-Poly1305 in place, without allocation per packet; no branch or index depends on secrets. RFC 8439
 * §2.8
 */
export class Chacha20Poly1305 implements Aead {
  private readonly iv: Uint8Array;
  private readonly nonce: Uint8Array = new Uint8Array(IV_LENGTH);
  private readonly state: Uint32Array;
  private readonly keystream: Uint32Array = new Uint32Array(16);
  private readonly poly: Poly1305 = new Poly1305();

  constructor(key: Uint8Array, iv: Uint8Array) {
    this.state = createChachaState(key);
    this.iv = iv.slice();
  }

  seal(
    packetNumber: number,
    buffer: Uint8Array,
    headerAt: number,
    payloadAt: number,
    payloadEnd: number,
  ): void {
    this.start(packetNumber);
    this.applyKeystream(buffer, payloadAt, payloadEnd);
    this.computeTag(buffer, headerAt, payloadAt, payloadEnd);
    const tag = this.poly.tag;
    for (let i = 0; i < TAG_LENGTH; i++) buffer[payloadEnd + i] = tag[i >> 2]! >>> (8 * (i & 3));
  }

  open(packetNumber: number, buffer: Uint8Array, headerAt: number, payloadAt: number, end: number): boolean {
    const tagAt = end - TAG_LENGTH;
    if (tagAt < payloadAt) return false;
    this.start(packetNumber);
    this.computeTag(buffer, headerAt, payloadAt, tagAt);
    const tag = this.poly.tag;
    let difference = 0;
    for (let i = 0; i < 4; i++) difference |= tag[i]! ^ littleEndianWord(buffer, tagAt + 4 * i);
    if (difference !== 0) return false;
    this.applyKeystream(buffer, payloadAt, tagAt);
    return true;
  }

  /** Set the nonce, and derive the one-time key from block 0. RFC 8439 §2.6 */
  private start(packetNumber: number): void {
    const state = this.state;
    const nonce = this.nonce;
    writeNonce(nonce, this.iv, packetNumber);
    state[12] = 0;
    state[13] = littleEndianWord(nonce, 0);
    state[14] = littleEndianWord(nonce, 4);
    state[15] = littleEndianWord(nonce, 8);
    chachaBlock(state, this.keystream);
    this.poly.start(this.keystream);
  }

  private computeTag(buffer: Uint8Array, headerAt: number, payloadAt: number, payloadEnd: number): void {
    const poly = this.poly;
    poly.absorbPadded(buffer, headerAt, payloadAt);
    poly.absorbPadded(buffer, payloadAt, payloadEnd);
    poly.absorbLengths(payloadAt - headerAt, payloadEnd - payloadAt);
    poly.finish();
  }

  private applyKeystream(buffer: Uint8Array, from: number, end: number): void {
    const state = this.state;
    const keystream = this.keystream;
    let at = from;
    let counter = 1;
    while (at < end) {
      state[12] = counter++;
      chachaBlock(state, keystream);
      const wholeEnd = at + 64 <= end ? at + 64 : at + ((end - at) & ~3);
      let i = 0;
      for (; at < wholeEnd; at += 4) {
        const word = keystream[i++]!;
        buffer[at]! ^= word;
        buffer[at + 1]! ^= word >>> 8;
        buffer[at + 2]! ^= word >>> 16;
        buffer[at + 3]! ^= word >>> 24;
      }
      if (i === 16) continue;
      for (let shift = 0; at < end; at++, shift += 8) buffer[at]! ^= keystream[i]! >>> shift;
    }
  }
}
