/** The exit codes of the command (`docs/guide/command-line.md`). */
export const EXIT: { readonly finished: 0; readonly failed: 1; readonly wrongUse: 2; readonly interrupted: 130 } = { finished: 0, failed: 1, wrongUse: 2, interrupted: 130 };
