#!/usr/bin/env node
import module from 'node:module';

// Newer versions of Node can keep compiled modules: the second start is quicker. Threads learn of it from the environment.
const cache = module.enableCompileCache?.();
if (cache?.directory !== undefined) process.env.NODE_COMPILE_CACHE ??= cache.directory;
const { main } = await import('../dist/bundle/main.js');
process.exitCode = await main(process.argv.slice(2));
