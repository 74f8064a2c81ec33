/** What connectors, formats and operators are built on: everything of `@millrace/core/spi`. */
export * from '@millrace/core/spi';
