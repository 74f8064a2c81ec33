/** The test kit: everything of `@millrace/core/testing`. */
export * from '@millrace/core/testing';
