interface Services {
  registryUnavailable(): Promise<string | undefined>;
  sharedRegistry(): Promise<{ readonly url: string }>;
}

const services = (await import(new URL('../../../tools/services/for-tests.mjs', import.meta.url).href)) as Services;

/** Why tests against a real registry are skipped here, for `describe.skipIf`; undefined where they run. */
export const unavailable: string | undefined = await services.registryUnavailable();
if (unavailable !== undefined) console.warn(`SKIPPED: ${unavailable}`);

/** How long a test file may wait for the registry: the first one on a machine builds it. */
export const REGISTRY_START_MS = 900_000;

/** The address of the real registry that all test files share; it is started when the first one asks. */
export const realRegistryUrl = async (): Promise<string> => (await services.sharedRegistry()).url;
