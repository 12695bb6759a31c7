import { type FieldLine, QpackEncoder } from '@tsquic/qpack';
import { type Block, decoderFor, type Encoding } from './corpus.ts';

/**
 * What our encoder writes of a list within the limits of `encoding`: a block of instructions, where there are any, and a
 * section for each stream, as the other encoders of the corpus did. A decoder of ours answers each section, if asked to.
 */
export function encodeList(sections: readonly FieldLine[][], encoding: Encoding): Block[] {
  const { maxTableCapacity, maxBlockedStreams } = encoding;
  const encoder = new QpackEncoder({ maxTableCapacity, maxBlockedStreams });
  encoder.onSettings({ maxTableCapacity, maxBlockedStreams });
  const decoder = decoderFor(encoding);
  const blocks: Block[] = [];
  for (const [index, fields] of sections.entries()) {
    const streamId = index + 1;
    const bytes = encoder.encode(streamId, fields);
    const instructions = encoder.takeInstructions();
    if (instructions.length > 0) blocks.push({ streamId: 0, bytes: instructions });
    blocks.push({ streamId, bytes });
    if (!encoding.acknowledges) continue;
    decoder.onEncoderStream(instructions);
    decoder.decode(streamId, bytes);
    encoder.onDecoderStream(decoder.takeInstructions());
  }
  return blocks;
}

/** Bytes of all blocks, as a connection carries them. */
export function sizeOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, { bytes }) => sum + bytes.length, 0);
}
