import { join } from 'node:path';
import { PEERS_DIRECTORY, runStep } from '../install.ts';

/**
 * Resolves to a virtual environment that has what the requirements file names, from PyPI where it is not there already.
 * Rejects with the reason when that cannot be had.
 */
export async function installPythonPackages(name: string, requirements: string): Promise<string> {
  const environment = join(PEERS_DIRECTORY, name);
  const python = join(environment, 'bin', 'python');
  const wanted = [python, '-m', 'pip', 'install', '--quiet', '--requirement', requirements];
  const isInstalled = await runStep([...wanted, '--dry-run', '--no-index']).then(
    (plan) => !plan.includes('Would install'),
    () => false,
  );
  if (!isInstalled) {
    await runStep(['python3', '-m', 'venv', environment]);
    await runStep(wanted);
  }
  return environment;
}
