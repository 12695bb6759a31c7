import { expect, test } from '@jest/globals';
import { loadNodeFfi } from './node-ffi.ts';

const FFI = { dlopen: () => undefined, getCurrentEventLoop: () => 1n };

/** A runtime whose module warns as it is loaded. */
function host(change: object = {}): { process: Record<string, unknown>; warnings: unknown[] } {
  const warnings: unknown[] = [];
  const process: Record<string, unknown> = {
    platform: 'linux',
    arch: 'x64',
    versions: { node: '26.9.0' },
    emitWarning: (...words: unknown[]) => warnings.push(words),
    getBuiltinModule: (name: string) => {
      (process['emitWarning'] as (text: string) => void)('FFI is an experimental feature');
      return name === 'node:ffi' ? FFI : undefined;
    },
    ...change,
  };
  return { process, warnings };
}

test('the module comes without its warning, and later warnings are heard', () => {
  const { process, warnings } = host();
  const { emitWarning } = process;
  expect(loadNodeFfi({ process })).toBe(FFI);
  expect([warnings, process['emitWarning']]).toEqual([[], emitWarning]);
  expect(loadNodeFfi(host({ permission: { has: () => true }, arch: 'arm64' }))).toBe(FFI);
});

test.each([
  ['no process', { process: undefined }],
  ['another system', host({ platform: 'darwin' })],
  ['other structures', host({ arch: 'ia32' })],
  ['Bun', host({ versions: { node: '26.0.0', bun: '1.4.0' } })],
  ['Deno', host({ versions: { node: '26.0.0', deno: '2.9.0' } })],
  ['no permission', host({ permission: { has: (scope: string) => scope !== 'ffi' } })],
  ['an old release', host({ getBuiltinModule: undefined })],
  ['a release without the module', host({ getBuiltinModule: () => undefined })],
  ['a release without the event loop', host({ getBuiltinModule: () => ({ dlopen: () => undefined }) })],
  ['a module that cannot be loaded', host({ getBuiltinModule: refuse })],
])('%s: there is none, and nothing is thrown', (_title, one) => {
  const before = one.process?.['emitWarning'];
  expect(loadNodeFfi(one)).toBeUndefined();
  expect(one.process?.['emitWarning']).toBe(before);
});

function refuse(): never {
  throw new Error('no such built-in module');
}
