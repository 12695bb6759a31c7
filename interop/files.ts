import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** A file to be transferred. */
export interface SourceFile {
  /** It may be in a folder: `folder/name`. */
  readonly name: string;
  readonly bytes: number;
}

/** Fills `directory` with the files, of random bytes. */
export async function createFiles(directory: string, files: readonly SourceFile[]): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const folder of new Set(files.map(({ name }) => dirname(name))))
    await mkdir(join(directory, folder), { recursive: true });
  await Promise.all(files.map((file) => writeFile(join(directory, file.name), randomBytes(file.bytes))));
}

/** Compares what arrived with the originals, by length and SHA-256; the complaints, none when all is equal. */
export async function compareFiles(
  original: string,
  received: string,
  files: readonly SourceFile[],
): Promise<string[]> {
  const complaints: string[] = [];
  const entries = await readdir(received, { recursive: true, withFileTypes: true });
  const present = new Set(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(received, join(entry.parentPath, entry.name))),
  );
  for (const { name } of files) {
    if (!present.delete(name)) {
      complaints.push(`${name} is missing`);
      continue;
    }
    const [sent, arrived] = await Promise.all([
      readFile(join(original, name)),
      readFile(join(received, name)),
    ]);
    if (sent.length !== arrived.length)
      complaints.push(`${name} has ${arrived.length} of ${sent.length} bytes`);
    else if (sha256(sent) !== sha256(arrived)) complaints.push(`${name} differs`);
  }
  for (const name of present) complaints.push(`${name} was not asked for`);
  return complaints.length <= SHOWN
    ? complaints
    : [...complaints.slice(0, SHOWN), `and ${complaints.length - SHOWN} more`];
}

const SHOWN = 3;

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
