import { EOS, HUFFMAN_CODES } from './huffman-code.ts';

/** Bytes of `text`, one for each character, when they are Huffman coded. RFC 7541 §5.2 */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits += HUFFMAN_CODES[text.charCodeAt(i) & 0xff]!.bits;
  return (bits + 7) >> 3;
}

/** Write `text`, one byte for each character, Huffman coded to `out` from `at` on; `huffmanLength` bytes. */
export function encodeHuffman(text: string, out: Uint8Array, at: number): void {
  let pending = 0;
  let pendingBits = 0;
  for (let i = 0; i < text.length; i++) {
    const { code, bits } = HUFFMAN_CODES[text.charCodeAt(i) & 0xff]!;
    // Codes have up to 30 bits and 7 may be pending: products do not overflow as shifts would.
    pending = pending * 2 ** bits + code;
    pendingBits += bits;
    while (pendingBits >= 8) {
      pendingBits -= 8;
      const byte = Math.floor(pending / 2 ** pendingBits);
      out[at++] = byte;
      pending -= byte * 2 ** pendingBits;
    }
  }
  // The first bits of EOS, all ones, fill the last byte.
  if (pendingBits > 0) out[at] = (pending << (8 - pendingBits)) | (0xff >> pendingBits);
}

/**
 * The bytes that `bytes[from, to)` codes.
 *
 * @param most - bytes; the work ends with the one after them, and the result is longer than `most`.
 * @returns undefined where the coding is invalid: EOS, or padding other than up to seven bits of it. RFC 7541 §5.2
 */
export function decodeHuffman(
  bytes: Uint8Array,
  from: number,
  to: number,
  most: number,
): Uint8Array | undefined {
  // No code has less than five bits.
  const out = new Uint8Array(Math.min(Math.floor(((to - from) * 8) / 5), most + 1));
  let length = 0;
  let state = ROOT;
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    for (let shift = 4; shift >= 0; shift -= 4) {
      const step = STEPS[state * 16 + ((byte >> shift) & 0xf)]!;
      if ((step & FAILS) !== 0) return undefined;
      state = step & STATE;
      if ((step & EMITS) === 0) continue;
      out[length++] = step >> SYMBOL_SHIFT;
      if (length > most) return out;
    }
  }
  return MAY_END[state] === 1 ? out.subarray(0, length) : undefined;
}

const ROOT = 0;
const STATE = 0xff;
const SYMBOL_SHIFT = 8;
const EMITS = 0x1_0000;
const FAILS = 0x2_0000;

/** Inner nodes of the tree of codes: the children by bit, as another node or as -1 minus the symbol. */
interface Tree {
  readonly children: [number, number][];
  /** Nodes at which an input may end: less than a byte of ones from the root. */
  readonly mayEnd: Uint8Array;
}

const TREE: Tree = /* @__PURE__ */ growTree();
const MAY_END: Uint8Array = TREE.mayEnd;
/** What four bits lead to from each node: another node, and at most one symbol, since no code has less than five bits. */
const STEPS: Uint32Array = /* @__PURE__ */ tabulate();

function growTree(): Tree {
  const children: [number, number][] = [[0, 0]];
  for (const [symbol, { code, bits }] of HUFFMAN_CODES.entries()) {
    let node = ROOT;
    for (let bit = bits - 1; bit > 0; bit--) {
      const side = (code >> bit) & 1;
      if (children[node]![side] === 0) children[node]![side] = children.push([0, 0]) - 1;
      node = children[node]![side]!;
    }
    children[node]![code & 1] = -1 - symbol;
  }
  const mayEnd = new Uint8Array(children.length);
  for (let node = ROOT, depth = 0; depth < 8; depth++) {
    mayEnd[node] = 1;
    node = children[node]![1];
  }
  return { children, mayEnd };
}

function tabulate(): Uint32Array {
  const steps = new Uint32Array(TREE.children.length * 16);
  for (let index = 0; index < steps.length; index++) {
    let node = index >> 4;
    let step = 0;
    for (let bit = 3; bit >= 0; bit--) {
      const next = TREE.children[node]![(index >> bit) & 1]!;
      node = Math.max(next, ROOT);
      if (next === -1 - EOS) step |= FAILS;
      else if (next < 0) step |= EMITS | ((-1 - next) << SYMBOL_SHIFT);
    }
    steps[index] = step | node;
  }
  return steps;
}
