import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findSnippets, runSnippet, writeSnippets } from '../../tools/snippets.ts';
import type { Runtime } from '../../tools/runtimes.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** Run the programs of the documentation in a runtime, each in a process of its own. */
export async function checkSnippets(
  runtime: Runtime,
): Promise<{ readonly promises: number; readonly faults: string[] }> {
  const snippets = findSnippets(PROJECT);
  // Each runtime has its own port for the servers: several may run at once.
  const folder = join(PROJECT, `.cache/snippets-${runtime.name}`);
  await writeSnippets(snippets, folder);
  const faults: string[] = [];
  const programs = snippets.filter(({ runs }) => runs);
  for (const program of programs) {
    const complaint = await runSnippet(program, folder, runtime.command);
    if (complaint !== '') faults.push(`${program.at}: ${complaint.trimEnd().replaceAll('\n', ' / ')}`);
  }
  return { promises: programs.length, faults };
}
