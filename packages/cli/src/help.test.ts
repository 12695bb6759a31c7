import { expect, test } from '@jest/globals';
import { commandHelp, generalHelp } from './help.ts';
import { COMMANDS } from './options.ts';

test('the general help names every command', () => {
  for (const { name, summary } of COMMANDS)
    expect(generalHelp()).toMatch(new RegExp(`^ {2}${name} +${summary.slice(0, 5)}`, 'm'));
});

test.each(COMMANDS.map((command) => [command.name, command] as const))(
  'the help of %s names every option',
  (_name, command) => {
    const help = commandHelp(command);
    for (const option of command.options) {
      expect(help).toContain(`  --${option.name}${option.value === undefined ? '' : ` ${option.value}`} `);
      expect(help).toContain(option.help);
    }
  },
);
