import { run, type Terminal } from '@tsquic/cli';

/** How a command ended and what it said. */
export interface Spoken {
  readonly exitCode: number;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

/** Run a command that ends by itself. */
export async function tsquic(...words: readonly string[]): Promise<Spoken> {
  const { terminal, stdout, stderr } = recorder();
  return { exitCode: await run(words, terminal, Promise.resolve()), stdout, stderr };
}

/** A terminal that writes down what it is told. */
export function recorder(environment: Terminal['environment'] = {}): {
  terminal: Terminal;
  stdout: string[];
  stderr: string[];
} {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const terminal: Terminal = {
    out: (line) => stdout.push(line),
    err: (line) => stderr.push(line),
    status: () => {},
    environment,
  };
  return { terminal, stdout, stderr };
}

/** `tsquic serve` in this process. */
export interface Server {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Serve on a free port, with these words of the command line besides. */
export async function startServer(...words: readonly string[]): Promise<Server> {
  let stop: () => void = () => {};
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  const { terminal, stdout, stderr } = recorder();
  const ended = run(['serve', '--port', '0', ...words], terminal, stopped);
  while (stdout.length === 0) {
    if (stderr.length > 0) throw new Error(stderr[0]);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return {
    url: (stdout[0] ?? '').replace('listening on ', 'https://'),
    stop: async () => {
      stop();
      if ((await ended) !== 0) throw new Error('the server did not end well');
    },
  };
}
