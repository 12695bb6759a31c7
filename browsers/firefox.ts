import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runStep } from '../interop/install.ts';
import type { Browser, Site } from './browser.ts';
import { launch } from './driver.ts';

/** Debian's Firefox, which trusts the run's authority, and is told by a preference that the server speaks HTTP/3. */
export const firefox: Browser = {
  name: 'firefox',
  programs: [
    { program: 'firefox-esr', package: 'firefox-esr' },
    { program: 'certutil', package: 'libnss3-tools' },
  ],
  origin: ({ port }) => `https://localhost:${port}`,
  launch: async (path, site) =>
    launch({
      browser: 'firefox',
      executablePath: path,
      headless: true,
      protocolTimeout: 0,
      userDataDir: await createProfile(site),
      env: {
        ...process.env,
        ...(site.logs && {
          MOZ_LOG: 'timestamp,nsHttp:5,neqo_http3::*:5,neqo_transport::*:5,SSLTokensCache:5',
          MOZ_LOG_FILE: join(site.directory, 'firefox.log'),
        }),
      },
      extraPrefsFirefox: {
        'network.http.http3.alt-svc-mapping-for-testing': `localhost;h3=:${site.port}`,
        'network.http.http3.disable_when_third_party_roots_found': false,
        // The server has an IPv4 address alone.
        'network.dns.disableIPv6': true,
        'network.http.speculative-parallel-limit': 0,
      },
    }),
};

/** With an exception for a certificate Firefox would neither resume sessions nor cache. */
async function createProfile({ directory, authority }: Site): Promise<string> {
  const profile = join(directory, 'profile');
  await mkdir(profile);
  await runStep(['certutil', '-N', '-d', `sql:${profile}`, '--empty-password']);
  await runStep(['certutil', '-A', '-d', `sql:${profile}`, '-n', 'authority', '-t', 'C,,', '-i', authority]);
  return profile;
}
