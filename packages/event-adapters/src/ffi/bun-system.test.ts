import { afterEach, expect, test } from '@jest/globals';
import { loadBunSystem } from './bun-system.ts';

const original = process.getBuiltinModule;
afterEach(() => {
  Reflect.deleteProperty(globalThis, 'Bun');
  process.getBuiltinModule = original;
});

/** What works is checked by `pnpm ports`, in Bun. */
test.each([
  ['no bun:ffi', () => undefined],
  [
    'no glibc',
    () => ({
      dlopen: () => {
        throw new Error('cannot open shared object file');
      },
    }),
  ],
])('with %s there is no system', (_title, module) => {
  expect(loadBunSystem()).toBeUndefined();
  Object.assign(globalThis, { Bun: {} });
  process.getBuiltinModule = module as never;
  expect(loadBunSystem()).toBeUndefined();
});
