import { describe, expect, test } from '@jest/globals';
import { parseCommandLine } from './arguments.ts';
import { Failure } from './failure.ts';
import { COMMANDS } from './options.ts';

const SERVE = ['serve', '--root', '.', '--cert', 'c', '--key', 'k'];

describe('a command line', () => {
  test('mixes options and operands in any order', () => {
    const args = parseCommandLine([
      'get',
      '--ca',
      'a',
      'https://x/1',
      '--json',
      '--ca=b',
      'https://x/2',
      '--version',
      '0x1a2a3a4a',
    ]);
    expect(args.operands).toEqual(['https://x/1', 'https://x/2']);
    expect(args.list('ca')).toEqual(['a', 'b']);
    expect(args.flag('json')).toBe(true);
    expect(args.flag('insecure')).toBe(false);
    expect(args.number('version')).toBe(0x1a2a3a4a);
    expect(args.text('out')).toBeUndefined();
  });

  test.each([
    { words: ['--keylog', 'FILE', 'https://x/'], keylog: 'FILE', operands: ['https://x/'] },
    { words: ['--keylog', 'https://x/'], keylog: '', operands: ['https://x/'] },
    { words: ['https://x/', '--keylog'], keylog: '', operands: ['https://x/'] },
    { words: ['--keylog', '--json', 'https://x/'], keylog: '', operands: ['https://x/'] },
    { words: ['--keylog=FILE', 'https://x/'], keylog: 'FILE', operands: ['https://x/'] },
    { words: ['https://x/'], keylog: undefined, operands: ['https://x/'] },
  ])('takes or leaves the file of --keylog: $words', ({ words, keylog, operands }) => {
    const args = parseCommandLine(['get', ...words]);
    expect(args.text('keylog')).toBe(keylog);
    expect(args.operands).toEqual(operands);
  });

  test.each([
    { words: [], says: 'a command is missing' },
    { words: ['put'], says: 'unknown command put' },
    { words: ['get'], says: 'URL… is missing' },
    { words: ['get', '--frobnicate', 'https://x/'], says: "unknown option '--frobnicate'" },
    { words: ['get', 'https://x/', '--out'], says: "'--out <value>' argument missing" },
    { words: ['get', 'https://x/', '--out', ''], says: '--out is empty' },
    {
      words: ['get', 'https://x/', '--timeout', 'soon'],
      says: '--timeout soon: not a number from 0.1 to 3600',
    },
    { words: ['get', 'https://x/', '--timeout', '0'], says: '--timeout 0: not a number' },
    { words: ['get', 'https://x/', '--crypto', 'openssl'], says: '--crypto openssl: use node or noble' },
    { words: ['serve', '--root', '.'], says: '--cert FILE is missing' },
    { words: [...SERVE, 'extra'], says: 'unexpected extra' },
    { words: [...SERVE, '--port', '65536'], says: '--port 65536: not a number from 0 to 65535' },
    { words: ['cert', '--host', 'a'], says: '--out DIR is missing' },
  ])('is refused with a reason: $words', ({ words, says }) => {
    const failure = thrownBy(() => parseCommandLine(words));
    expect(failure.code).toBe('ERR_TSQUIC_USAGE');
    expect(failure.message).toContain(says);
    expect(failure.line).toMatch(/see tsquic .*--help/);
  });

  test.each(COMMANDS.map((command) => [command.name, command] as const))(
    '%s --help needs nothing else',
    (name, command) => {
      const args = parseCommandLine([name, '--help']);
      expect(args.help).toBe(true);
      expect(args.command).toBe(command);
    },
  );
});

function thrownBy(action: () => unknown): Failure {
  try {
    action();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
