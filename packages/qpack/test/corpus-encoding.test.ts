import { expect, test } from '@jest/globals';
import type { FieldLine } from '@tsquic/qpack';
import { covers } from '@tsquic/testing';
import { encodeList, sizeOf } from './corpus-encoding.ts';
import { CORPUS, decoderFor, hasCorpus, listEncodings, pathOf, readBlocks, readSections } from './corpus.ts';

if (hasCorpus()) {
  const encodings = listEncodings().filter(({ encoder }) => encoder === 'ls-qpack');

  test.each(encodings.map((encoding) => [pathOf(encoding).slice(CORPUS.length), encoding] as const))(
    'what we write in place of %s decodes, within a twentieth of its size',
    (path, encoding) => {
      covers('rfc9204-2.1-2');
      const lists = readSections(encoding.list);
      const blocks = encodeList(lists, encoding);
      const decoder = decoderFor(encoding);
      const sections: FieldLine[][] = [];
      for (const { streamId, bytes } of blocks) {
        if (streamId === 0) decoder.onEncoderStream(bytes);
        else {
          const section = decoder.decode(streamId, bytes);
          if (section.kind === 'fields') sections.push(section.fields);
        }
      }
      expect(sections.map(plain)).toEqual(lists.map(plain));
      expect(sizeOf(blocks)).toBeLessThan(1.05 * sizeOf(readBlocks(`${CORPUS}${path}`)));
    },
  );

  test('all together are smaller than what ls-qpack wrote', () => {
    const ours = encodings.map((encoding) => sizeOf(encodeList(readSections(encoding.list), encoding)));
    const theirs = encodings.map((encoding) => sizeOf(readBlocks(pathOf(encoding))));
    expect(encodings.length).toBeGreaterThanOrEqual(36);
    expect(sum(ours)).toBeLessThan(sum(theirs));
  });
} else {
  test.skip(`${CORPUS}: not there`, () => expect(hasCorpus()).toBe(true));
}

const plain = (lines: readonly FieldLine[]): string[] => lines.map(({ name, value }) => `${name}\t${value}`);
const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);
