/** The API for jobs: everything of `@millrace/core`. */
export * from '@millrace/core';
