import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { frame, streamFrame } from '@tsquic/adversary';
import { createRandom } from '@tsquic/simulator';
import { Level } from '@tsquic/tls13';
import ts from 'typescript';
import { FrameType } from '../packages/quic-core/src/frame/rules.ts';
import { instrument } from './fuzz/instrument.ts';
import { mutate } from './fuzz/mutate.ts';
import { resumeEarly } from './fuzz/packet-targets.ts';
import { FUZZ_TARGETS } from './fuzz/targets.ts';

const corpus = JSON.parse(readFileSync(new URL('fuzz/corpus.json', import.meta.url), 'utf8')) as Record<
  string,
  string[]
>;

describe('inputs that pnpm fuzz has kept', () => {
  test.each(FUZZ_TARGETS.map((target) => [target.name, target] as const))(
    '%s takes them, and its own',
    (name, target) => {
      const kept = corpus[name]!.map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));
      expect(kept.length).toBeGreaterThan(3);
      for (const input of [...kept, ...target.seeds()]) target.run(input);
    },
  );

  test('are of targets that there are', () => {
    expect(Object.keys(corpus).sort()).toEqual(FUZZ_TARGETS.map(({ name }) => name).sort());
  });
});

test('the corpus stays small', () => {
  expect(statSync(new URL('fuzz/corpus.json', import.meta.url)).size).toBeLessThanOrEqual(200_000);
});

test('0-RTT packets of the target open: the server reads what they say', () => {
  for (const kind of [0, 1, 2, 3]) {
    const attacker = resumeEarly(kind);
    expect(attacker.victim.connection(0)!.earlyData).toBe('accepted');
    attacker.send(Level.EarlyData, streamFrame(0, 0, Uint8Array.of(7), true));
    // Bit 0: the data is hidden until the handshake is complete.
    expect(attacker.victim.connection(0)!.stream(0) !== undefined).toBe((kind & 1) === 0);
    attacker.send(Level.EarlyData, frame(FrameType.Crypto, [0, 0]));
    attacker.pass(1000);
    // RFC 9000 §12.5: CRYPTO frames are not allowed there.
    expect(attacker.closeCode).toBe(0x0a);
  }
});

describe('defects that were planted', () => {
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const fuzz = (...options: string[]) => {
    const parts = ['-C', 'tsquic-src', '--import', './tools/ts.mjs', 'tools/fuzz.ts', '--json'];
    const planted = ['--targets', 'tools/fuzz/planted.ts', ...options];
    const { status, stdout } = spawnSync(process.execPath, [...parts, ...planted], { cwd, encoding: 'utf8' });
    return { status, report: JSON.parse(stdout) as Record<string, unknown> };
  };

  test('a throw is found, behind branches that only changed inputs open, and reported with its input', () => {
    const { status, report } = fuzz('--target', 'sound,planted-throw', '--executions', '20000');
    expect(status).toBe(1);
    expect(report).toMatchObject({ passed: 1, failed: 1 });
    const [sound, thrown] = report['targets'] as { throws: { input: string; error: string }[] }[];
    expect(sound).toMatchObject({ target: 'sound', executions: 20_000, throws: [] });
    expect(thrown!.throws[0]!.error).toContain('a planted defect');
    for (const { input } of thrown!.throws) expect(input).toMatch(/^407f80/);
  });

  test('an endless loop is found and reported with its input', () => {
    const { status, report } = fuzz(
      '--target',
      'planted-loop',
      '--executions',
      '20000',
      '--hang-seconds',
      '1',
    );
    expect([status, report['failed']]).toEqual([1, 1]);
    expect(report['hang']).toMatch(/^planted-loop 407f80/);
  });
});

const SOURCE = `
export function f(a: number, b?: () => void): string {
  if (a > 3) return 'big';
  else if (a > 2) { b?.(); } else return a > 1 ? 'one' : 'none';
  for (let i = 0; i < a; i++) if (i === 1) continue; else b?.();
  switch (a) {
    case 3: return (a && 'three') || 'never';
    default:
  }
  const g = (c: number) => ({ c });
  return String(g(a).c ?? 7);
}
`;

test('counting branches changes nothing but the counts', () => {
  const file = ts.createSourceFile('a.ts', SOURCE, ts.ScriptTarget.Latest, true);
  const { text, count } = instrument(file, 2);
  const run = (source: string, edges: Uint8Array): unknown[] => {
    const code = ts.transpile(source, { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 });
    const exported: { f?: (a: number, b?: () => void) => string } = {};
    // eslint-disable-next-line no-new-func, typescript/no-implied-eval
    new Function('exports', 'globalThis', code)(exported, { tsquicEdges: edges });
    let calls = 0;
    return [4, 3, 2.5, 2, 1, 0].map((a) => [exported.f!(a, () => void calls++), calls]);
  };
  const edges = new Uint8Array(2 + count);
  expect(run(text, edges)).toEqual(run(SOURCE, new Uint8Array(0)));
  expect([edges[0], edges[1]]).toEqual([0, 0]);
  // `|| 'never'` and `?? 7` are not reached, and everything else is.
  expect([...edges.subarray(2)].filter((taken) => taken === 0)).toHaveLength(2);
});

test('inputs are changed the same way for the same seed, and never grow without bound (seed 5)', () => {
  const changed = (seed: number): string[] => {
    const random = createRandom(seed);
    let input: Uint8Array = new Uint8Array(10);
    return Array.from({ length: 2000 }, () => {
      input = mutate(input, new Uint8Array(64).fill(9), random);
      expect(input.length).toBeLessThanOrEqual(4096);
      return Buffer.from(input).toString('hex');
    });
  };
  expect(changed(5)).toEqual(changed(5));
  expect(new Set(changed(5)).size).toBeGreaterThan(1500);
});
