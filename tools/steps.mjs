// Runs named commands, a few at a time, and reports one line each.
import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

/**
 * @typedef {object} Step
 * @property {string} name one word for the report
 * @property {readonly string[]} [command] program and arguments, run in `root`
 * @property {() => Verdict | Promise<Verdict>} [run] instead of a command
 *
 * @typedef {object} Verdict
 * @property {string} [fault] what is wrong; absent when all is well
 * @property {string} [note] a figure to print beside the time
 */

/**
 * Run `steps` in `root`, at most `lanes` at once, printing each as it ends: name, verdict, seconds, and
 * the output of those that failed. Ends with a line `N passed, N failed` and sets the exit code.
 *
 * @param {readonly Step[]} steps
 * @param {{ root: string, lanes?: number }} options
 * @returns {Promise<void>}
 */
export async function runSteps(steps, { root, lanes = 2 }) {
  const waiting = [...steps];
  const width = Math.max(15, ...steps.map(({ name }) => name.length)) + 1;
  let failed = 0;
  const lane = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      const startedMs = performance.now();
      const { fault, note = '' } =
        step.run === undefined ? await runCommand(step.command, root) : await step.run();
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
      console.log(
        `${step.name.padEnd(width)}${fault === undefined ? 'ok  ' : 'FAIL'}${seconds.padStart(7)} s  ${note}`.trimEnd(),
      );
      if (fault === undefined) continue;
      failed++;
      console.log(stripVTControlCharacters(fault).trimEnd().replace(/^/gm, '  '));
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  console.log(`${steps.length - failed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

/** @returns {Promise<Verdict>} */
function runCommand([program, ...args], root) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    });
    let output = '';
    const collect = (text) => void (output += text);
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => resolve({ fault: String(error) }));
    child.on('close', (code, signal) =>
      resolve(code === 0 ? {} : { fault: output || `ended with ${code ?? signal}` }),
    );
  });
}
