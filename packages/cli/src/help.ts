import type { Command } from './option.ts';
import { COMMANDS } from './options.ts';

/** Text of `tsquic --help`. */
export function generalHelp(): string {
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(8)}${summary}`);
  return `usage: tsquic COMMAND [OPTION…]\n\n${lines.join('\n')}\n\ntsquic COMMAND --help tells more. tsquic --version tells the version.\n`;
}

/** Text of `tsquic COMMAND --help`. */
export function commandHelp(command: Command): string {
  const required = command.options
    .filter((option) => option.required === true)
    .map(({ name, value }) => ` --${name} ${value}`);
  const usage = `usage: tsquic ${command.name}${required.join('')}${command.operands === '' ? '' : ` ${command.operands}`} [OPTION…]`;
  const heads = command.options.map(
    ({ name, value }) => `  --${name}${value === undefined ? '' : ` ${value}`}`,
  );
  const width = heads.reduce((most, head) => Math.max(most, head.length), 0) + 2;
  const lines = command.options.map(({ help }, index) => `${(heads[index] ?? '').padEnd(width)}${help}`);
  return `${usage}\n\n${command.summary}\n\n${lines.join('\n')}\n\n${command.notes.join('\n')}\n`;
}
