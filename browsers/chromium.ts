import { join } from 'node:path';
import type { Browser } from './browser.ts';
import { launch } from './driver.ts';

/** Debian's Chromium, which takes the server's key for that of a known authority, and does not ask for TCP first. */
export const chromium: Browser = {
  name: 'chromium',
  programs: [{ program: 'chromium', package: 'chromium' }],
  origin: ({ port }) => `https://127.0.0.1:${port}`,
  launch: (path, { port, publicKeyHash, directory, logs }) =>
    launch({
      executablePath: path,
      headless: true,
      protocolTimeout: 0,
      userDataDir: join(directory, 'profile'),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
        '--enable-quic',
        `--origin-to-force-quic-on=127.0.0.1:${port}`,
        `--ignore-certificate-errors-spki-list=${publicKeyHash}`,
        ...(logs
          ? [`--log-net-log=${join(directory, 'net-log.json')}`, '--net-log-capture-mode=Everything']
          : []),
      ],
    }),
};
