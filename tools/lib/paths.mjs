import { fileURLToPath } from 'node:url';

/** The folder of the checkout that holds this file. */
export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
