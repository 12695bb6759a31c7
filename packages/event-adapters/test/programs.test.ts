import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';

/** Whole programs in a process of their own: what they print at the end. Run from the root, as jest is. */
test.each([
  ['examples/three-calls.ts', [], 'hello'],
  ['examples/reactor.ts', [], 'hello'],
  ['examples/custom-event-loop.ts', [], 'hello'],
  ['examples/custom-congestion-controller.ts', [], 'faults: []\nstubborn: 5 MB in '],
  ['benchmarks/ports/compliance.ts', ['reactor'], '{"promises":10,"faults":[]}'],
  ['benchmarks/ports/compliance.ts', ['simulator'], '{"promises":10,"faults":[]}'],
  ['benchmarks/ports/transfer.ts', ['threads', '3000000'], '"bytes":3000000,"checksumOk":true'],
  ['benchmarks/ports/transfer.ts', ['packet-loop', '3000000'], '"bytes":3000000,"checksumOk":true'],
  ['benchmarks/ports/transfer.ts', ['reactor', '3000000'], '"bytes":3000000,"checksumOk":true'],
])('%s %j', (file, words, expected) => {
  const args = ['-C', 'tsquic-src', '--import', './tools/ts.mjs', '--no-warnings', file, ...words];
  const child = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(child.stderr).toBe('');
  expect(child.stdout).toContain(expected);
  expect(child.status).toBe(0);
});
