import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Check, Findings } from './benchmark.ts';
import { TSQUIC } from './child.ts';

/** Starts in each round. */
const STARTS = 5;
/** The goal for the command, from spawn to the first datagram that is heard. */
const TARGET_MS = 150;
const PROJECT = fileURLToPath(new URL('..', import.meta.url));

/** What starts, and the end of it: the process is over, or its first datagram is heard. */
interface Program {
  readonly name: string;
  readonly words: (port: number) => readonly string[];
}

const EMPTY = 'node -e 0, until it ends';
const COMMAND = 'tsquic get';

const PROGRAMS: readonly Program[] = [
  { name: EMPTY, words: () => ['-e', '0'] },
  { name: COMMAND, words: (port) => [TSQUIC, 'get', `https://127.0.0.1:${port}/a.bin`] },
  {
    name: 'connect of tsquic',
    words: (port) => ['benchmarks/programs/first-packet.mjs', String(port)],
  },
];

interface Times {
  readonly name: string;
  readonly leastMs: number;
  readonly medianMs: number;
}

/**
 * From spawn to the first datagram at a socket of loopback, of programs in turn. Certificates would be checked against the
 * authorities of the runtime, which are read for that.
 */
export async function measureStartup(rounds: number): Promise<Findings> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  try {
    const taken = PROGRAMS.map((): number[] => []);
    for (let start = 0; start < rounds * STARTS; start++)
      for (const [index, program] of PROGRAMS.entries()) taken[index]?.push(await startUp(program, socket));
    return findings(
      PROGRAMS.map(({ name }, index) => timesOf(name, taken[index] ?? [])),
      rounds * STARTS,
    );
  } finally {
    socket.close();
  }
}

async function startUp(program: Program, socket: ReturnType<typeof createSocket>): Promise<number> {
  const heard = new AbortController();
  const begunAt = performance.now();
  const child = spawn(process.execPath, program.words(socket.address().port), {
    cwd: PROJECT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  const first = program.name === EMPTY ? ended : once(socket, 'message', { signal: heard.signal });
  try {
    await Promise.race([first, ended]);
    const takenMs = performance.now() - begunAt;
    if (first !== ended && child.exitCode !== null) throw new Error(`${program.name} sent nothing`);
    return takenMs;
  } finally {
    heard.abort();
    first.catch(() => {});
    child.kill('SIGKILL');
    await ended;
  }
}

function timesOf(name: string, takenMs: readonly number[]): Times {
  const sorted = takenMs.toSorted((a, b) => a - b);
  return { name, leastMs: sorted[0] ?? NaN, medianMs: sorted[sorted.length >> 1] ?? NaN };
}

function findings(programs: readonly Times[], starts: number): Findings {
  const command = programs.find(({ name }) => name === COMMAND)?.leastMs ?? NaN;
  const check: Check = {
    name: `${COMMAND}: ${command.toFixed(0)} ms to the first datagram at the least, target ${TARGET_MS}`,
    ok: command <= TARGET_MS,
  };
  return {
    title: `Milliseconds from spawn to the first datagram heard, ${starts} starts of each in turn`,
    table: [
      ['program', 'least', 'median'],
      ...programs.map(({ name, leastMs, medianMs }) => [name, leastMs.toFixed(0), medianMs.toFixed(0)]),
    ],
    checks: [check],
    figures: { starts, programs },
  };
}
