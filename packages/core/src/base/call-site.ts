import { pathOfFileUrl } from './paths.js';

/** Everything up to this package's own `src` or `dist`. */
const OWN_ROOT: string = pathOfFileUrl(new URL('../../', import.meta.url).href);
/** In a checkout the sister packages lie beside this one; installed, `node_modules` tells. */
const CHECKOUT_PACKAGES: string | undefined = OWN_ROOT.endsWith('/packages/core/') ? OWN_ROOT.slice(0, -'core/'.length) : undefined;

const INSTALLED = /\/node_modules\/(?:@millrace\/[^/]+|millrace)\//;
const SISTER_SOURCES = /^[^/]+\/(?:src|dist|bin)\//;
const TEST_FILE = /\.test\.[cm]?[jt]sx?$/;
/** `at name (place:line:column)` or `at place:line:column`; the place may hold parentheses and spaces. */
const FRAME = /^\s*at (?:.*? \()?((?:file:\/\/)?\/.*?):(\d+):(\d+)\)?$/;

/**
 * The place in the user's code that called into Millrace, as `file:line:column`: the first frame of a stack
 * (`new Error().stack`, taken inside the API call) that lies outside our packages and the runtime. Undefined when there
 * is none, e.g. when the stack was cut off. With source maps on, the frames name the user's TypeScript.
 *
 * Our own test files count as user code.
 */
export function callSite(stack: string | undefined): string | undefined {
  if (stack === undefined) return undefined;
  for (const line of stack.split('\n')) {
    const frame = FRAME.exec(line);
    if (frame === null) continue;
    const file = filePath(frame[1]!);
    if (file !== undefined && !isOwnFile(file)) return `${file}:${frame[2]}:${frame[3]}`;
  }
  return undefined;
}

/** Whether a file belongs to Millrace itself. */
export function isOwnFile(file: string): boolean {
  if (INSTALLED.test(file)) return true;
  if (TEST_FILE.test(file)) return false;
  if (file.startsWith(`${OWN_ROOT}src/`) || file.startsWith(`${OWN_ROOT}dist/`)) return true;
  return CHECKOUT_PACKAGES !== undefined && file.startsWith(CHECKOUT_PACKAGES) && SISTER_SOURCES.test(file.slice(CHECKOUT_PACKAGES.length));
}

function filePath(place: string): string | undefined {
  if (!place.startsWith('file://')) return place;
  try {
    return pathOfFileUrl(place);
  } catch {
    // A frame is foreign text: one that is no URL is no place.
    return undefined;
  }
}
