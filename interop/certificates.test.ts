import { expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificates } from './certificates.ts';

test('one leaf below the authority, and one below nine certificates with a flight of more than 7,500 bytes', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'certificates-'));
  try {
    const { usual, long } = await createCertificates(directory);
    const read = async (path: string): Promise<X509Certificate[]> =>
      (await readFile(path, 'utf8'))
        .split(/(?<=-----END CERTIFICATE-----\n)/)
        .map((pem) => new X509Certificate(pem));
    const [root] = await read(usual.authority);
    const [leaf, ...none] = await read(usual.certificate);
    expect(none).toEqual([]);
    expect(leaf?.verify(root!.publicKey)).toBe(true);
    const chain = await read(long.certificate);
    expect(chain).toHaveLength(9);
    const signers = [...chain.slice(1), root!];
    expect(chain.every((one, i) => one.verify(signers[i]!.publicKey) && one.checkIssued(signers[i]!))).toBe(
      true,
    );
    expect(chain[0]?.checkHost('localhost')).toBe('localhost');
    expect(chain.reduce((sum, { raw }) => sum + raw.length, 0)).toBeGreaterThan(7500);
  } finally {
    await rm(directory, { recursive: true });
  }
}, 60_000);
