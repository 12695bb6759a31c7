import process from 'node:process';
import { afterEach, beforeEach, expect, jest } from '@jest/globals';

/**
 * The warnings of the process so far, each told once. After each test there must be none left, and have been no unhandled rejection: what
 * a peer or a handler does wrong never reaches the process.
 */
export function watchFaults(): () => readonly string[] {
  const warnings: string[] = [];
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);
  beforeEach(() => {
    warnings.length = rejections.length = 0;
    process.on('unhandledRejection', onRejection);
    jest.spyOn(process, 'emitWarning').mockImplementation((message) => void warnings.push(String(message)));
  });
  afterEach(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', onRejection);
    jest.restoreAllMocks();
    expect([rejections, warnings]).toEqual([[], []]);
  });
  return () => warnings.splice(0);
}
