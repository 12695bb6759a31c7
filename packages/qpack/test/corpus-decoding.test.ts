import { describe, expect, test } from '@jest/globals';
import { covers } from '@tsquic/testing';
import type { FieldLine } from '@tsquic/qpack';
import {
  CORPUS,
  decoderFor,
  type Encoding,
  hasCorpus,
  listEncodings,
  pathOf,
  readBlocks,
  readSections,
} from './corpus.ts';

/** All sections of a file by stream, decoded within the limits of its name. */
function decodeFile(encoding: Encoding): { sections: Map<number, FieldLine[]>; mostBlocked: number } {
  const decoder = decoderFor(encoding);
  const sections = new Map<number, FieldLine[]>();
  let blocked = 0;
  let mostBlocked = 0;
  for (const { streamId, bytes } of readBlocks(pathOf(encoding))) {
    if (streamId === 0) {
      decoder.onEncoderStream(bytes);
      for (let next = decoder.nextUnblocked(); next !== undefined; next = decoder.nextUnblocked()) {
        if (next.section.kind !== 'fields') throw new Error(`stream ${next.streamId}: ${next.section.kind}`);
        sections.set(next.streamId, next.section.fields);
        blocked--;
      }
      continue;
    }
    const section = decoder.decode(streamId, bytes);
    if (section.kind === 'blocked') mostBlocked = Math.max(mostBlocked, ++blocked);
    else if (section.kind === 'fields') sections.set(streamId, section.fields);
    else throw new Error(`stream ${streamId}: ${section.kind}`);
  }
  return { sections, mostBlocked };
}

const plain = (lines: readonly FieldLine[]): string[] => lines.map(({ name, value }) => `${name}\t${value}`);

if (hasCorpus()) {
  describe('other encoders', () => {
    const encodings = listEncodings();

    test.each(encodings.map((encoding) => [pathOf(encoding).slice(CORPUS.length), encoding] as const))(
      '%s decodes to its list',
      (_path, encoding) => {
        covers('rfc9204-2.2-1', 'rfc9204-3.2-1', 'rfc9204-4.1.1-1');
        const { sections, mostBlocked } = decodeFile(encoding);
        expect([...sections.keys()].sort((a, b) => a - b).map((id) => plain(sections.get(id)!))).toEqual(
          readSections(encoding.list).map(plain),
        );
        expect(mostBlocked).toBeLessThanOrEqual(encoding.maxBlockedStreams);
      },
    );

    test('the corpus has three encoders, and files in which streams are blocked', () => {
      expect(new Set(encodings.map(({ encoder }) => encoder)).size).toBeGreaterThanOrEqual(3);
      expect(encodings.length).toBeGreaterThanOrEqual(96);
    });
  });
} else {
  test.skip(`${CORPUS}: not there`, () => expect(hasCorpus()).toBe(true));
}
