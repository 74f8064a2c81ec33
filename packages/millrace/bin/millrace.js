#!/usr/bin/env node
import module from 'node:module';

// Newer versions of Node can keep compiled modules: the second start is quicker.
module.enableCompileCache?.();
const { main } = await import('../dist/bundle/main.js');
process.exitCode = await main(process.argv.slice(2));
