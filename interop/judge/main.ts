// Judges captures that were left in directories.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Evidence, judgeCapture } from './judge.ts';
import type { CaptureFile } from './reading.ts';
import { installTshark } from './tshark.ts';

/** Says in a directory which case its captures are of, and where the server is in them. */
const ABOUT = 'capture.json';
const USAGE = `usage: pnpm judge [DIRECTORY...]

Installs tshark, and judges the captures of each directory that has a ${ABOUT}, and of those inside.
\`pnpm sim runner --pcap DIRECTORY\` makes some.`;

const places = process.argv.slice(2);
if (places.some((place) => place.startsWith('-'))) {
  console.log(USAGE);
  process.exitCode = 2;
} else process.exitCode = await main(places);

async function main(roots: readonly string[]): Promise<number> {
  console.log(`tshark ${await installTshark()}`);
  if (roots.length === 0) return 0;
  let passed = 0;
  let failed = 0;
  for (const directory of (await Promise.all(roots.map(findCaptures))).flat()) {
    const evidence = await readEvidence(directory);
    const complaints = await judgeCapture(evidence);
    if (complaints.length === 0) passed++;
    else failed++;
    const verdict = complaints.length === 0 ? 'ok  ' : 'FAIL';
    console.log(
      `${verdict} ${[evidence.testCase.padEnd(20), complaints.slice(0, 3).join('; ')].join(' ').trim()}`,
    );
  }
  console.log(`${passed} passed, ${failed} failed`);
  return passed > 0 && failed === 0 ? 0 : 1;
}

async function findCaptures(root: string): Promise<string[]> {
  if (await stat(join(root, ABOUT)).catch(() => undefined)) return [root];
  const entries = await readdir(root, { withFileTypes: true });
  const inside = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(root, name));
  return (await Promise.all(inside.sort().map(findCaptures))).flat();
}

async function readEvidence(directory: string): Promise<Evidence> {
  const { left, right, ...rest } = JSON.parse(await readFile(join(directory, ABOUT), 'utf8')) as Evidence;
  const placed = (side: CaptureFile): CaptureFile => ({ ...side, file: join(directory, side.file) });
  return { ...rest, left: placed(left), right: placed(right), keyLog: join(directory, rest.keyLog) };
}
