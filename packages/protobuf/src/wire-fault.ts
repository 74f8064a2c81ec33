import { type ErrorKind, type MillraceError } from '@millrace/core/spi';

/** What is wrong with a record, on its way up to where it becomes an error: the path grows with each level. */
export class WireFault {
  path: string;
  readonly kind: ErrorKind;
  readonly what: string;

  constructor(kind: ErrorKind, what: string) {
    this.path = '';
    this.kind = kind;
    this.what = what;
  }

  /** The error, with the place in the record. */
  error(): MillraceError {
    return this.kind.error({ what: `at $${this.path}: ${this.what}`, where: { path: `$${this.path}` } });
  }
}
