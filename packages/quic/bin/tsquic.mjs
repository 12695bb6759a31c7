#!/usr/bin/env node
import '@tsquic/cli/main';
