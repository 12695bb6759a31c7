import { spawn } from 'node:child_process';

/**
 * Run a program without a shell and without input; resolves with its stdout. Rejects with the end of its
 * stderr when it fails, does not start or takes longer than `timeoutMs`.
 */
export function runProgram(
  argv: readonly string[],
  cwd: string,
  timeoutMs: number,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string> {
  const [program = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...env, NO_COLOR: '1' },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve(stdout);
      const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => !/^$|^npm warn/.test(line.trim()));
      reject(new Error(`ended with ${signal ?? code}: ${lines.slice(-COMPLAINT_LINES).join(' / ')}`));
    });
  });
}

const COMPLAINT_LINES = 12;
