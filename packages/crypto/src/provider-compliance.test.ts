import { test } from '@jest/globals';
import { PROVIDERS } from '../test/providers.ts';
import { runProviderCompliance } from './provider-compliance.ts';

for (const [name, createProvider] of PROVIDERS) runProviderCompliance(name, createProvider, test);
