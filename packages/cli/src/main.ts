#!/usr/bin/env node
import { run } from './run.ts';
import { createProcessTerminal } from './terminal.ts';

const words = process.argv.slice(2);
const stop = new Promise((resolve) => {
  // Only a server has something to wind down; a second signal ends the process as usual.
  if (words[0] === 'serve') for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve);
});

async function main(): Promise<void> {
  process.exitCode = await run(words, createProcessTerminal(), stop);
}

void main();
