import { type InstalledBrowser, installBrowser } from './install.ts';
import { type Options, readOptions, USAGE, UsageFault } from './options.ts';
import { reportJson, reportText } from './report.ts';
import { runBrowsers } from './run.ts';

try {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) console.log(USAGE);
  else process.exitCode = await main(options);
} catch (error) {
  console.error(error instanceof UsageFault ? `${error.message}\n\n${USAGE}` : error);
  process.exitCode = 2;
}

async function main(options: Options): Promise<number> {
  const say = options.json ? console.error : console.log;
  const installed: InstalledBrowser[] = [];
  for (const browser of options.browsers) installed.push(await installBrowser(browser));
  const cells = await runBrowsers(options, installed, say);
  const browsers = installed.map(({ browser, version, failure }) => ({
    name: browser.name,
    version,
    failure,
  }));
  const report = { browsers, cases: options.cases, repeat: options.repeat, cells };
  console.log(options.json ? reportJson(report) : `\n${reportText(report)}`);
  return cells.every(({ outcome }) => outcome === 'passed' || outcome === 'unsupported') ? 0 : 1;
}
