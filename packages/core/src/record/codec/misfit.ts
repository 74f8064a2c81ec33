/** Thrown inside codecs when a value does not fit; never leaves them. Its cause is found afterwards, by `explain-misfit.ts`. */
class Misfit extends Error {
  override readonly name = 'Misfit';
}

/** The one misfit: made once, so that throwing it costs no stack trace. */
export const MISFIT: Error = new Misfit('a value does not fit its codec');
