export { MillraceError, type ErrorCode, type ErrorLocation } from './base/errors.js';
