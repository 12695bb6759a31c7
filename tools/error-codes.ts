// `pnpm error-codes`: prints a line for every bad input of RFC 9000, RFC 9001 and TLS that a peer can send:
// which side must answer it with which error, or not at all, and whether it does.
import { parseArgs } from 'node:util';
import { ERROR_CASES, type ErrorCase, faultOf } from '../packages/quic-core/test/error-cases.ts';

const { values: options } = parseArgs({ options: { json: { type: 'boolean', default: false } } });

const results = ERROR_CASES.map((one) => {
  const fault = safeFaultOf(one);
  if (!options.json) console.log(lineOf(one, fault));
  return { one, fault };
});
const failed = results.filter(({ fault }) => fault !== undefined).length;
if (options.json) {
  const cases = results.map(({ one: { name, group, victim, ids, code }, fault }) => ({
    ...{ name, group, victim, ids, code: code ?? null, isExact: fault === undefined, fault: fault ?? null },
  }));
  console.log(JSON.stringify({ passed: results.length - failed, failed, cases }));
} else console.log(`${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function safeFaultOf(one: ErrorCase): string | undefined {
  try {
    return faultOf(one);
  } catch (error) {
    return `thrown: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function lineOf({ name, group, victim, code }: ErrorCase, fault: string | undefined): string {
  const answer = code === undefined ? 'silence' : `0x${code.toString(16)}`;
  const line = `${fault === undefined ? 'ok  ' : 'FAIL'} ${victim.padEnd(6)} ${answer.padEnd(7)} ${name} (${group})`;
  return fault === undefined ? line : `${line}: ${fault}`;
}
