// `pnpm wasm` compiles packages/crypto/assembly into packages/crypto/src/wasm/module-hex.ts; `--check` says whether that is
// what the sources give, or those of another folder that is named.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'packages/crypto/src/wasm/module-hex.ts');
const check = process.argv.indexOf('--check');
const sources = (check > 0 && process.argv[check + 1]) || join(root, 'packages/crypto/assembly');
const LINE = 96;
const PAGES = 6;

const folder = mkdtempSync(join(tmpdir(), 'tsquic-wasm-'));
try {
  const outFile = join(folder, 'module.wasm');
  let said = '';
  const stderr = { write: (/** @type {string | Uint8Array} */ chunk) => void (said += String(chunk)) };
  const { error } = await asc.main(
    [
      join(sources, 'index.ts'),
      ...['--outFile', outFile, '--optimizeLevel', '3', '--noAssert', '--runtime', 'stub'],
      // Vectors pass between functions of the module only.
      ...['--enable', 'simd', '--initialMemory', String(PAGES), '--disableWarning', 'AS112'],
    ],
    { stderr },
  );
  if (error !== null) throw new Error(`${error.message}\n${said}`);
  const source = sourceOf(readFileSync(outFile));
  if (check < 0) writeFileSync(target, source);
  else if (readFileSync(target, 'utf8') !== source) {
    console.error(
      'packages/crypto/src/wasm/module-hex.ts is not what packages/crypto/assembly gives: run `pnpm wasm`',
    );
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** @param {Buffer} bytes */
function sourceOf(bytes) {
  const lines = bytes.toString('hex').match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  const text = lines.map((line) => `  '${line}',\n`).join('');
  return `// Made by \`pnpm wasm\` from packages/crypto/assembly.

/** The bytes of the module, in hexadecimal. */
export const MODULE_HEX: string = [
${text}].join('');
`;
}
