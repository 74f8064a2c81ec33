import { duration } from '../lib/report.mjs';
import { npm } from '../lib/run.mjs';
import { build } from './build.mjs';
import { installReason } from './installed.mjs';
import { nodeComplaint, requiredNode } from './node-version.mjs';

/**
 * Brings a checkout to the point where everything can run: the right Node, the dependencies of the lock file, a build.
 * Does only what is missing and says what it does. Throws a {@link SetUpError} with the reason when it cannot.
 */
export async function setUp(say) {
  const complaint = nodeComplaint(process.version, requiredNode());
  if (complaint !== undefined) throw new SetUpError(complaint);
  const reason = installReason();
  if (reason !== undefined) {
    say(`Installing dependencies (${reason}) …`);
    await timed(say, 'Installed', () => npm(['ci', '--prefer-offline', '--no-progress']), 'npm ci failed: are you online, or behind a proxy that npm does not know of?');
  }
  say('Building …');
  await timed(say, 'Built', build, 'the build failed; the compiler says why above');
}

/** The checkout could not be set up. */
export class SetUpError extends Error {}

async function timed(say, done, work, failure) {
  const start = performance.now();
  const { code, stdout, stderr } = await work();
  if (code !== 0) {
    process.stderr.write(stdout + stderr);
    throw new SetUpError(failure);
  }
  say(`${done} in ${duration(performance.now() - start)}.`);
}
