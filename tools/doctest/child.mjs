// Imports one example after another, each when the parent sends its path, and answers with the error if there is one.
import { inspect } from 'node:util';
import { pathToFileURL } from 'node:url';

let failure;
process.on('unhandledRejection', (error) => (failure ??= `unhandled rejection: ${inspect(error)}`));
process.on('uncaughtException', (error) => (failure ??= `uncaught: ${inspect(error)}`));

process.on('message', async ({ path }) => {
  failure = undefined;
  try {
    await import(pathToFileURL(path).href);
    // A turn of the loop, so that what the example left to fail does so under its own name.
    await new Promise((resolve) => setImmediate(resolve));
  } catch (error) {
    failure ??= inspect(error);
  }
  process.send({ error: failure });
});
