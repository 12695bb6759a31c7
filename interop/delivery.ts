import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareFiles } from './files.ts';
import { type OrderParts, receivedDirectory, sessionDirectory } from './orders.ts';

/** What the two sides have received and should not, or have not and should; none when all is as the case wants it. */
export async function deliveryFaults(parts: OrderParts): Promise<string[]> {
  const { testCase, root, byHandshake } = parts;
  const { files, webTransport } = testCase;
  if (webTransport === undefined)
    return compareFiles(root, receivedDirectory(parts), byHandshake ? [] : files);
  const { carrier, direction, protocols } = webTransport;
  if (carrier !== 'none')
    return compareFiles(root, sessionDirectory(parts, direction === 'receive' ? 'client' : 'server'), files);
  const noted = await Promise.all(
    (['client', 'server'] as const).map(async (side) => [side, await protocolOf(parts, side)] as const),
  );
  return noted
    .filter(([, protocol]) => protocol !== protocols.expected)
    .map(([side, protocol]) => `the ${side} noted the protocol '${protocol}', not '${protocols.expected}'`);
}

/** The protocol that one side noted; '' for none. */
async function protocolOf(parts: OrderParts, side: 'client' | 'server'): Promise<string> {
  const path = join(sessionDirectory(parts, side), 'negotiated_protocol.txt');
  return (await readFile(path, 'utf8').catch(() => '')).trim();
}
