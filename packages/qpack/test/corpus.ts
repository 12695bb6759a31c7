import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { latin1FromBytes } from '@tsquic/bytes';
import { type FieldLine, QpackDecoder } from '@tsquic/qpack';

/** Field sections in other encoders' words, from the public corpus of QPACK; it is not part of this repository. */
export const CORPUS: string = fileURLToPath(new URL('../../../../shared/vectors/qpack/', import.meta.url));

/** Whether the corpus is there. */
export function hasCorpus(): boolean {
  return existsSync(CORPUS);
}

/** What an encoder wrote, in the order of writing. */
export interface Block {
  /** 0 is the encoder stream. */
  readonly streamId: number;
  readonly bytes: Uint8Array;
}

/** A file of the corpus, whose name tells what the decoder allows. */
export interface Encoding {
  readonly encoder: string;
  readonly list: string;
  readonly maxTableCapacity: number;
  readonly maxBlockedStreams: number;
  /** Whether each section is acknowledged at once. */
  readonly acknowledges: boolean;
}

/** The path of a file in the corpus. */
export function pathOf({ encoder, list, ...limits }: Encoding): string {
  const ending = `${limits.maxTableCapacity}.${limits.maxBlockedStreams}.${Number(limits.acknowledges)}`;
  return join(CORPUS, 'encoded', encoder, `${list}.out.${ending}`);
}

/** Every file of every encoder. */
export function listEncodings(): Encoding[] {
  return readdirSync(join(CORPUS, 'encoded'))
    .sort()
    .flatMap((encoder) =>
      readdirSync(join(CORPUS, 'encoded', encoder))
        .sort()
        .map((name) => {
          const [list, , capacity, blocked, acknowledges] = name.split('.');
          return {
            encoder,
            list: list!,
            maxTableCapacity: Number(capacity),
            maxBlockedStreams: Number(blocked),
            acknowledges: acknowledges === '1',
          };
        }),
    );
}

/** The records of a file: stream ID of 8 bytes, length of 4, and so many bytes. */
export function readBlocks(path: string): Block[] {
  const bytes = new Uint8Array(readFileSync(path));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks: Block[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint32(at + 8);
    blocks.push({
      streamId: Number(view.getBigUint64(at)),
      bytes: bytes.subarray(at + 12, at + 12 + length),
    });
    at += 12 + length;
  }
  return blocks;
}

/** Records of `readBlocks`. */
export function writeBlocks(blocks: readonly Block[]): Uint8Array {
  const out = new Uint8Array(blocks.reduce((sum, { bytes }) => sum + 12 + bytes.length, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const { streamId, bytes } of blocks) {
    view.setBigUint64(at, BigInt(streamId));
    view.setUint32(at + 8, bytes.length);
    out.set(bytes, at + 12);
    at += 12 + bytes.length;
  }
  return out;
}

/** The field sections of a list: one `name TAB value` a line, an empty line after each; `#` begins a comment. */
export function readSections(list: string): FieldLine[][] {
  const text = latin1FromBytes(new Uint8Array(readFileSync(join(CORPUS, 'qifs', `${list}.qif`))));
  const sections: FieldLine[][] = [];
  let section: FieldLine[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue;
    if (line === '') {
      if (section.length > 0) sections.push(section);
      section = [];
      continue;
    }
    const tab = line.indexOf('\t');
    section.push({ name: line.slice(0, tab), value: line.slice(tab + 1) });
  }
  if (section.length > 0) sections.push(section);
  return sections;
}

/**
 * A decoder within the limits of a file. Most encoders of the corpus do not set the capacity, which was at its limit from
 * the start when they wrote: the instruction is given for them.
 */
export function decoderFor({ maxTableCapacity, maxBlockedStreams }: Encoding): QpackDecoder {
  const decoder = new QpackDecoder({ maxTableCapacity, maxBlockedStreams, maxFieldSectionSize: 100_000 });
  if (maxTableCapacity > 0) decoder.onEncoderStream(setCapacity(maxTableCapacity));
  return decoder;
}

/** Set Dynamic Table Capacity, RFC 9204 §4.3.1. */
function setCapacity(capacity: number): Uint8Array {
  if (capacity < 31) return Uint8Array.of(0x20 | capacity);
  const bytes = [0x3f];
  let rest = capacity - 31;
  for (; rest >= 128; rest >>= 7) bytes.push(0x80 | (rest & 0x7f));
  return Uint8Array.from([...bytes, rest]);
}
