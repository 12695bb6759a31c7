// A client over Bun's HTTP/3 for the interop bench: fetches URLs of one server. Arguments: a directory for the files, URLs.
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const [out, ...urls] = process.argv.slice(2);

await Promise.all(
  urls.map(async (url) => {
    // Over HTTP/3 it takes no authorities of the program's own.
    const response = await fetch(url, { protocol: 'http3', tls: { rejectUnauthorized: false } });
    if (response.status !== 200) throw new Error(`${url}: ${response.status}`);
    writeFileSync(join(out, basename(url)), await response.bytes());
  }),
);
process.exit(0);
