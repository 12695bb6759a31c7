// Draws the ladder in docs/seeing.md. With --write the page is renewed.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, type Terminal } from '@tsquic/cli';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createQlogTracer } from '@tsquic/qlog';
import { createConnectedPair } from '@tsquic/simulator';

const PAGE = fileURLToPath(new URL('../docs/seeing.md', import.meta.url));
const BLOCK = /(?<=```text\n)        ms  client[^`]*(?=```\n)/;

/**
 * The output of `tsquic ladder` for a client's trace: 1.2 MB over 20 ms each way, with 3 % of its datagrams
 * lost.
 */
export async function drawExample(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tsquic-ladder-'));
  const path = join(folder, 'client.sqlog');
  writeFileSync(path, traceOfLossyTransfer());
  const lines: string[] = [];
  const say = (line: string): void => void lines.push(line);
  const terminal: Terminal = { out: say, err: say, status: () => {}, environment: {} };
  await run(['ladder', path, '--first', '54', '--last', '5', '--width', '88'], terminal, Promise.resolve());
  rmSync(folder, { recursive: true });
  return `${lines.join('\n')}\n`;
}

/** The ladder on the page; '' when there is none. */
export function ladderOnPage(): string {
  return BLOCK.exec(readFileSync(PAGE, 'utf8'))?.[0] ?? '';
}

function traceOfLossyTransfer(): string {
  let text = '';
  const tracer = createQlogTracer({
    open: () => ({ write: (piece) => void (text += piece), close: () => {} }),
  });
  const pair = createConnectedPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed: 3,
    link: { delayUs: 20_000 },
    up: { loss: { kind: 'random', rate: 0.03 } },
    client: { tracer },
  });
  const { id } = pair.client.sendPattern(1_200_000);
  pair.run(() => pair.server.received(id).finished, 60_000_000);
  pair.client.connection.close(7, 'enough');
  pair.pass(5_000_000);
  return text;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const ladder = await drawExample();
  if (process.argv.includes('--write'))
    writeFileSync(
      PAGE,
      readFileSync(PAGE, 'utf8').replace(BLOCK, () => ladder),
    );
  else process.stdout.write(ladder);
}
