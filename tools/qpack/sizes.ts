// `pnpm qpack-sizes`: bytes of our encoder beside those of other encoders on the field sections of the public corpus, as
// a table of docs/qpack.md. `--write DIRECTORY` leaves our encodings there, for `tools/qpack/judge.py` to decode.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  CORPUS,
  type Encoding,
  hasCorpus,
  listEncodings,
  pathOf,
  readBlocks,
  readSections,
  writeBlocks,
} from '../../packages/qpack/test/corpus.ts';
import { encodeList, sizeOf } from '../../packages/qpack/test/corpus-encoding.ts';

const { values: options } = parseArgs({ options: { write: { type: 'string' } } });
const OTHERS = ['ls-qpack', 'nghttp3', 'f5'] as const;

function sizeOfOther(encoding: Encoding, encoder: string, known: readonly Encoding[]): string {
  const same = known.find((one) => pathOf(one) === pathOf({ ...encoding, encoder }));
  return same === undefined ? '' : String(sizeOf(readBlocks(pathOf(same))));
}

function main(): void {
  if (!hasCorpus()) {
    console.log(`${CORPUS}: not there`);
    process.exitCode = 1;
    return;
  }
  const known = listEncodings();
  const encodings = known.filter(({ encoder }) => encoder === OTHERS[0]);
  console.log(
    '| list | table | blocked | acknowledged | tsquic | ls-qpack | nghttp3 | f5 | tsquic / ls-qpack |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|');
  let [ours, theirs] = [0, 0];
  for (const encoding of encodings) {
    const { list, maxTableCapacity: table, maxBlockedStreams: blocked, acknowledges } = encoding;
    const blocks = encodeList(readSections(list), encoding);
    const size = sizeOf(blocks);
    const sizes = OTHERS.map((encoder) => sizeOfOther(encoding, encoder, known));
    const ratio = (size / Number(sizes[0])).toFixed(3);
    console.log(
      `| ${[list, table, blocked, acknowledges ? 'yes' : 'no', size, ...sizes, ratio].join(' | ')} |`,
    );
    ours += size;
    theirs += Number(sizes[0]);
    if (options.write === undefined) continue;
    mkdirSync(options.write, { recursive: true });
    const ending = `${table}.${blocked}.${Number(acknowledges)}`;
    writeFileSync(join(options.write, `${list}.out.${ending}`), writeBlocks(blocks));
  }
  console.log(`| all | | | | ${ours} | ${theirs} | | | ${(ours / theirs).toFixed(3)} |`);
}

main();
