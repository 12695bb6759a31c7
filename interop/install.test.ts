import { describe, expect, it } from '@jest/globals';
import { runStep } from './install.ts';

describe('a step of an installation', () => {
  it('comes to what it printed', async () => {
    expect(await runStep([process.execPath, '-e', 'console.log(" a ")'])).toBe('a');
  });

  it('says which program is missing', async () => {
    await expect(runStep(['no-such-program', '--version'])).rejects.toThrow(
      'no-such-program is not on the path',
    );
  });

  it('says how it ended, and its last three lines', async () => {
    const script = 'for (const line of "abcd") console.error(line); process.exit(3)';
    await expect(runStep([process.execPath, '-e', script])).rejects.toThrow('exit code 3: b / c / d');
  });
});
