import { parseArgs } from 'node:util';
import { Failure } from './failure.ts';
import type { Command, Option } from './option.ts';
import { COMMANDS } from './options.ts';

/** A command line, checked against the command's options. */
export interface Arguments {
  readonly command: Command;
  readonly operands: readonly string[];
  readonly help: boolean;
  flag(name: string): boolean;
  text(name: string): string | undefined;
  list(name: string): readonly string[];
  number(name: string): number | undefined;
}

/** Read a command line without its program name. Throws a `Failure` that says what is wrong. */
export function parseCommandLine(words: readonly string[]): Arguments {
  const command = COMMANDS.find(({ name }) => name === words[0]);
  if (command === undefined) {
    const known = COMMANDS.map(({ name }) => name).join(', ');
    throw usageFailure(
      words[0] === undefined ? `a command is missing: ${known}` : `unknown command ${words[0]}: use ${known}`,
    );
  }
  const { values, positionals } = parseWords(command, words.slice(1));
  const help = values['help'] === true;
  if (!help) check(command, values, positionals);
  return {
    command,
    operands: positionals,
    help,
    flag: (name) => values[name] === true,
    text: (name) => valueOf(values, name),
    list: (name) => (values[name] as readonly string[] | undefined) ?? [],
    number: (name) => {
      const text = valueOf(values, name);
      return text === undefined ? undefined : Number(text);
    },
  };
}

type Values = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

function parseWords(command: Command, words: readonly string[]): { values: Values; positionals: string[] } {
  const config = Object.fromEntries(
    command.options.map(({ name, kind }) => [
      name,
      { type: kind === 'flag' ? ('boolean' as const) : ('string' as const), multiple: kind === 'list' },
    ]),
  );
  try {
    return parseArgs({
      args: joinOptionalValues(command, words),
      options: config,
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    throw usageFailure(lowerFirst((error as Error).message.split('. ')[0] ?? ''), command);
  }
}

/** `--keylog FILE` and `--keylog` alone both become `--keylog=…`, which `parseArgs` can read. */
function joinOptionalValues(command: Command, words: readonly string[]): string[] {
  const joined: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    const isBare = command.options.some(({ name, kind }) => kind === 'optional-text' && word === `--${name}`);
    const next = words[index + 1];
    if (!isBare) joined.push(word);
    else if (next === undefined || next.startsWith('-') || /:\/\/|:\d+$/.test(next)) joined.push(`${word}=`);
    else {
      joined.push(`${word}=${next}`);
      index++;
    }
  }
  return joined;
}

function check(command: Command, values: Values, operands: readonly string[]): void {
  if (command.operands === '' && operands.length > 0)
    throw usageFailure(`unexpected ${operands[0]}`, command);
  const isOptional = command.operands === '' || command.operands.startsWith('[');
  if (!isOptional && operands.length === 0) throw usageFailure(`${command.operands} is missing`, command);
  for (const option of command.options) {
    const value = valueOf(values, option.name);
    if (value === undefined) {
      if (option.required === true && values[option.name] === undefined) {
        throw usageFailure(`--${option.name} ${option.value ?? ''} is missing`, command);
      }
      continue;
    }
    checkValue(command, option, value);
  }
}

function checkValue(command: Command, option: Option, value: string): void {
  if (value === '' && option.kind !== 'optional-text')
    throw usageFailure(`--${option.name} is empty`, command);
  if (option.choices !== undefined && !option.choices.includes(value)) {
    throw usageFailure(`--${option.name} ${value}: use ${option.choices.join(' or ')}`, command);
  }
  if (option.kind !== 'number') return;
  const [low, high] = option.range ?? [0, Number.MAX_SAFE_INTEGER];
  const number = Number(value);
  if (!(number >= low && number <= high)) {
    throw usageFailure(`--${option.name} ${value}: not a number from ${low} to ${high}`, command);
  }
}

function valueOf(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

function usageFailure(message: string, command?: Command): Failure {
  const help = command === undefined ? 'tsquic --help' : `tsquic ${command.name} --help`;
  return new Failure('ERR_TSQUIC_USAGE', message, `see ${help}`);
}
