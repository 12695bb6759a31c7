#!/usr/bin/env node
import { runCommandLine } from '@tsquic/cli/command-line';

await runCommandLine();
