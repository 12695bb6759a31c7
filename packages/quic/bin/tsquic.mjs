#!/usr/bin/env node
import { runCommandLine } from '../dist/command/tsquic.mjs';

await runCommandLine();
